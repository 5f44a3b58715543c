"""The page in a real browser: by keyboard, to a screen reader, in both colour schemes, on paper, against a hostile subject."""

import os
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Dialog, Page, expect, sync_playwright

from ci.install_browser import NAMES, find_browser
from poolpact.report.page import page_of
from tests.poolpact.report.documents import HOSTILE, crowd, every_verdict, everything_says

FAILED = ["PM-READY-1", "PM-STATUS-7", "PM-READY-2"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = find_browser()
    if path is None:
        missing = f"no browser: none of {', '.join(NAMES)} is on this machine (ci/install_browser.py installs one)"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


class Visit:
    """Opens a document's page in a context of its own, and keeps what the browser complained of and asked the network for."""

    def __init__(self, browser: Browser, folder: Path) -> None:
        self._browser, self._folder = browser, folder
        self._contexts: list[BrowserContext] = []
        self.complaints: list[str] = []
        self.requests: list[str] = []

    def open(self, told: dict[str, Any], hash_: str = "", *, before: str = "", **options: Any) -> Page:
        file = self.write(told)
        context = self._browser.new_context(**options)
        self._contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("dialog", self._dismiss)
        page.on("request", lambda request: self.requests.append(request.url))
        if before:
            page.add_init_script(before)
        page.goto(f"{file.as_uri()}{hash_}")
        return page

    def write(self, told: dict[str, Any]) -> Path:
        file = self._folder / "index.html"
        file.write_text(page_of(told), encoding="utf-8")
        return file

    def _dismiss(self, dialog: Dialog) -> None:
        self.complaints.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def close(self) -> None:
        for context in self._contexts:
            context.close()


@pytest.fixture
def visit(browser: Browser, tmp_path: Path) -> Iterator[Visit]:
    visit = Visit(browser, tmp_path)
    yield visit
    visit.close()


def shown(page: Page, kind: str = "requirements") -> list[str]:
    """The ids of the requirements that can be seen in one part of the page."""
    ids: list[str] = page.locator(f"[data-kind={kind}]").evaluate_all(
        """items => items.filter(item => item.checkVisibility())
          .map(item => item.querySelector(".id").textContent.trim().split(/\\s/)[0])"""
    )
    return ids


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until ``selector`` has the focus; asserts that it gets it."""
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"{selector} cannot be reached with the Tab key")


def test_it_opens_without_a_complaint_and_asks_for_nothing_else(visit: Visit) -> None:
    page = visit.open(every_verdict())
    expect(page.get_by_role("heading", level=1)).to_have_text("Not conformant")
    assert page.title() == "Not conformant: pool-managerd 0.3.0 · poolpact check daemon"
    page.get_by_text("Log of the subject").first.click()
    assert visit.complaints == []
    assert [url.partition("#")[0] for url in visit.requests] == [page.url]


def test_filters_work_with_the_keyboard_alone(visit: Visit) -> None:
    page = visit.open(every_verdict())
    everything = shown(page)
    assert len(everything) == 9
    page.keyboard.press("Tab")
    expect(page.get_by_text("Skip to the report")).to_be_focused()
    tab_to(page, "#filter-text")
    page.keyboard.type("pm-ready")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").first).to_have_text("4 of 9 requirements")
    assert shown(page) == ["PM-READY-1", "PM-READY-2", "PM-READY-3", "PM-READY-4"]
    assert shown(page, "failures") == ["PM-READY-1", "PM-READY-2"]
    assert page.url.endswith("#text=pm-ready")
    tab_to(page, "[value=failed]")
    page.keyboard.press("Space")
    assert shown(page) == ["PM-READY-1", "PM-READY-2"]
    assert page.url.endswith("#verdict=failed&text=pm-ready")
    page.keyboard.press("Shift+Tab")
    tab_to(page, "#filter-profile, [value=harness_error]")
    page.keyboard.press("Space")
    assert shown(page) == ["PM-READY-1", "PM-READY-2", "PM-READY-3"]
    page.get_by_role("button", name="Show all").press("Enter")
    assert shown(page) == everything
    assert "#" not in page.url


def test_a_profile_hides_the_others_with_their_headings(visit: Visit) -> None:
    page = visit.open(every_verdict())
    page.get_by_role("combobox", name="Profile").select_option("leases")
    assert shown(page) == ["PM-LEASE-4"]
    assert [table.locator("h3").inner_text() for table in page.locator("table.matrix").filter(visible=True).all()] == ["leases"]
    expect(page.get_by_text("No failure fits the filter.")).to_be_visible()


def test_a_link_holds_the_filter(visit: Visit) -> None:
    page = visit.open(every_verdict(), "#verdict=failed,not_judged&profile=core&text=status")
    assert shown(page) == ["PM-STATUS-7"]
    expect(page.get_by_label("Text")).to_have_value("status")
    expect(page.get_by_role("combobox", name="Profile")).to_have_value("core")
    assert page.locator("[name=verdict]:checked").evaluate_all("boxes => boxes.map(box => box.value)") == ["failed", "not_judged"]
    page.evaluate("location.hash = 'verdict=passed'")
    expect(page.get_by_role("status").first).to_have_text("1 of 9 requirements")
    page.go_back()
    expect(page.get_by_label("Text")).to_have_value("status")


NONSENSE = ("verdict=fine&profile=none&text=%00", "%E0%A4%A=", "=&=&", "nowhere", "%", f"text={'x' * 5000}")


def test_a_link_that_makes_no_sense_does_no_harm(visit: Visit) -> None:
    page = visit.open(every_verdict(), "#%")
    for hash_ in NONSENSE:
        page.evaluate(
            "hash => new Promise(done => { addEventListener('hashchange', done, { once: true }); location.hash = hash })", hash_
        )
        page.get_by_role("button", name="Show all").click()
        assert len(shown(page)) == 9
    assert visit.complaints == []


def test_a_link_to_what_the_filter_hides_shows_it(visit: Visit) -> None:
    page = visit.open(every_verdict(), "#verdict=passed")
    assert shown(page) == ["PM-STATUS-1"]
    page.locator("header.masthead").get_by_role("link", name="PM-READY-1").click()
    expect(page.locator("#failures-PM-READY-1")).to_be_in_viewport()
    assert len(shown(page)) == 9


def test_a_command_is_copied(visit: Visit) -> None:
    page = visit.open(every_verdict(), permissions=["clipboard-read", "clipboard-write"])
    button = page.get_by_role("button", name="Copy the command that runs this scenario again").first
    button.click()
    expect(page.get_by_role("status").last).to_have_text("Copied to the clipboard")
    assert page.evaluate("navigator.clipboard.readText()").endswith("--replay PM-READY-1/scenario-1")


def test_a_command_is_selected_where_it_cannot_be_copied(visit: Visit) -> None:
    page = visit.open(every_verdict(), before="delete Navigator.prototype.clipboard")
    page.get_by_role("button", name="Copy the command that runs this scenario again").first.click()
    assert page.evaluate("getSelection().toString()").endswith("--replay PM-READY-1/scenario-1")
    assert visit.complaints == []


def test_it_is_read_without_a_script(visit: Visit) -> None:
    page = visit.open(every_verdict(), java_script_enabled=False)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.locator("#filters")).to_be_hidden()
    assert page.get_by_role("button").filter(visible=True).count() == 0
    assert len(shown(page)) == 9
    asked = page.locator("#failures-PM-READY-1 ~ .scenario .exchange").first
    asked.locator("summary").click()
    expect(asked.locator(".messages")).to_be_visible()


def test_a_hostile_subject_runs_no_script(visit: Visit) -> None:
    page = visit.open(every_verdict())
    for text in HOSTILE:
        visit.write(everything_says(text.replace("alert(1)", "window.pwned=1")))
        page.reload()
        page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true; each.firstChild.focus() })")
        assert page.evaluate("window.pwned") is None
        assert page.locator("img").count() == 0
    assert visit.complaints == []
    assert len(visit.requests) == 1 + len(HOSTILE)


def test_a_script_that_got_in_would_not_run(visit: Visit) -> None:
    page = visit.open(every_verdict())
    page.evaluate(
        """() => {
          const script = document.createElement("script");
          script.textContent = "window.pwned = 1";
          document.body.append(script);
          document.body.insertAdjacentHTML("beforeend", "<svg onload='window.pwned=1'></svg><img src='https://127.0.0.1:9/x'>");
        }"""
    )
    expect(page.locator("img")).to_be_attached()
    assert page.evaluate("window.pwned") is None
    assert any("Content Security Policy" in complaint for complaint in visit.complaints)


def test_both_schemes_differ_and_paper_is_light(visit: Visit) -> None:
    paper = "() => getComputedStyle(document.body).backgroundColor"
    page = visit.open(every_verdict(), color_scheme="light")
    light = page.evaluate(paper)
    page.emulate_media(color_scheme="dark")
    assert page.evaluate(paper) != light
    page.emulate_media(color_scheme="dark", media="print")
    assert page.evaluate(paper) == light


def test_paper_has_what_is_folded_and_no_controls(visit: Visit) -> None:
    page = visit.open(every_verdict())
    messages = page.locator("#failures .messages").first
    expect(messages).to_be_hidden()
    page.emulate_media(media="print")
    assert (messages.bounding_box() or {"height": 0})["height"] > 10
    for hidden in ("#filters", "nav", ".skip"):
        expect(page.locator(hidden)).to_be_hidden()
    assert page.locator(".copy").filter(visible=True).count() == 0
    page.emulate_media(media="screen")
    opened = "() => document.querySelectorAll('details[open]').length"
    before = page.evaluate(opened)
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.evaluate(opened) == page.locator("details").count()
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.evaluate(opened) == before


def test_no_width_needs_scrolling_sideways(visit: Visit) -> None:
    page = visit.open(every_verdict())
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    for width in (320, 390, 800, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width


CONTRASTS = """() => {
  const context = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const rgba = (color) => {
    context.clearRect(0, 0, 1, 1);
    context.fillStyle = color;
    context.fillRect(0, 0, 1, 1);
    return [...context.getImageData(0, 0, 1, 1).data];
  };
  const luminance = ([r, g, b]) => [r, g, b].map((part) => part / 255)
    .map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
    .reduce((sum, part, index) => sum + part * [0.2126, 0.7152, 0.0722][index], 0);
  const behind = (element) => {
    for (let each = element; each; each = each.parentElement) {
      const color = rgba(getComputedStyle(each).backgroundColor);
      if (color[3] === 255) return color;
    }
    return [255, 255, 255, 255];
  };
  for (const details of document.querySelectorAll("details")) details.open = true;
  const found = {};
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || element.closest("script, style, .unseen, [hidden]")) continue;
    const style = getComputedStyle(element);
    const [one, two] = [luminance(rgba(style.color)), luminance(behind(element))].sort((a, b) => b - a);
    found[`${style.color} in ${element.tagName}.${element.className}`] = (one + 0.05) / (two + 0.05);
  }
  return found;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_can_be_read(scheme: str, visit: Visit) -> None:
    page = visit.open(every_verdict(), color_scheme=scheme)
    contrasts: dict[str, float] = page.evaluate(CONTRASTS)
    assert len(contrasts) > 30
    assert {where: ratio for where, ratio in contrasts.items() if ratio < 4.5} == {}


def test_every_control_has_a_name_and_every_landmark_is_there_once(visit: Visit) -> None:
    page = visit.open(every_verdict())
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    session = page.context.new_cdp_session(page)
    nodes = [node for node in session.send("Accessibility.getFullAXTree")["nodes"] if not node["ignored"]]
    named = [(node["role"]["value"], node.get("name", {}).get("value", "")) for node in nodes]
    controls = (
        "button",
        "link",
        "checkbox",
        "combobox",
        "searchbox",
        "DisclosureTriangle",
        "region",
        "article",
        "navigation",
        "search",
    )
    assert [role for role, name in named if role in controls and not name.strip()] == []
    assert {"button", "link", "checkbox", "combobox", "searchbox", "DisclosureTriangle"} <= {role for role, _ in named}
    roles = [role for role, _ in named]
    for landmark in ("banner", "main", "navigation", "search", "contentinfo"):
        assert roles.count(landmark) == 1, landmark


def test_headings_and_tables_are_in_order(visit: Visit) -> None:
    page = visit.open(every_verdict())
    levels: list[int] = page.evaluate("[...document.querySelectorAll('h1,h2,h3,h4,h5,h6')].map(each => Number(each.tagName[1]))")
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(below - above <= 1 for above, below in pairwise(levels))
    assert page.locator("table:not(:has(caption))").count() == 0
    assert page.locator("th:not([scope])").count() == 0
    ids: list[str] = page.evaluate("[...document.querySelectorAll('[id]')].map(each => each.id)")
    assert len(ids) == len(set(ids))
    targets: list[str] = page.evaluate("[...document.querySelectorAll('a[href^=\"#\"]')].map(each => each.hash.slice(1))")
    assert set(targets) <= set(ids)


def test_the_focus_is_seen(visit: Visit) -> None:
    page = visit.open(every_verdict())
    outlines = set()
    for _ in range(25):
        page.keyboard.press("Tab")
        outlines.add(page.evaluate("getComputedStyle(document.activeElement).outlineStyle"))
    assert outlines == {"solid"}


def test_who_wants_no_motion_gets_none(visit: Visit) -> None:
    scroll = "getComputedStyle(document.documentElement).scrollBehavior"
    assert visit.open(every_verdict(), reduced_motion="no-preference").evaluate(scroll) == "smooth"
    assert visit.open(every_verdict(), reduced_motion="reduce").evaluate(scroll) == "auto"


def test_250_failures_open_and_are_filtered(visit: Visit) -> None:
    page = visit.open(crowd(250))
    assert page.locator("article").count() == 250
    assert page.locator(".exchange").count() == 3000
    page.get_by_label("Text").fill("PM-CROWD-249")
    assert shown(page, "failures") == ["PM-CROWD-249"]
    assert visit.complaints == []
