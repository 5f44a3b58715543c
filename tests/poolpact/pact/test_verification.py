"""Verification, against the reference and against providers with one defect each."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from poolpact.contract.files import PACT
from poolpact.contract.pact import PactDocument, read_pact
from poolpact.faults.proxy import FaultProxy, over_http
from poolpact.options import Options
from poolpact.pact.findings import Finding, counts
from poolpact.pact.verification import Verification
from poolpact.targets.live import LiveTarget
from tests.pool_managerd.daemon_process import ENGINE, daemon
from tests.poolpact.pact.broken_providers import BROKEN, Broken, as_broken

DOCUMENT = read_pact(PACT)
PROFILES = frozenset(interaction.profile for interaction in DOCUMENT.interactions)
TOKEN = "a-token"


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("daemon")
    with daemon(folder, TOKEN=TOKEN, ENGINE_DIRS=str(ENGINE.parent), STOP_GRACE="10s") as it:
        yield it.url


async def verify(document: PactDocument, proxy: FaultProxy, scratch: Path) -> list[Finding]:
    await proxy.start()
    options = Options(mode="live", engine="process", url=proxy.url, token=TOKEN)
    target = LiveTarget(options, scratch)
    try:
        verification = Verification(document, PROFILES, target=target, settings={}, options=options, scratch=scratch)
        return await verification.run(proxy.url)
    finally:
        await target.aclose()
        await proxy.close()


def of_group(group: str) -> PactDocument:
    return replace(DOCUMENT, interactions=tuple(each for each in DOCUMENT.interactions if each.group == group))


def test_the_reference_keeps_the_whole_pact(reference: str, tmp_path: Path) -> None:
    findings = asyncio.run(verify(DOCUMENT, FaultProxy(over_http(reference)), tmp_path))
    red = [(each.interaction.description, each.reasons) for each in findings if each.outcome in ("failed", "blocked")]
    assert red == []
    assert [each.interaction.description for each in findings if each.outcome == "not applicable"] == []
    groups = {interaction.group for interaction in DOCUMENT.interactions}
    assert counts(findings)["ok"] == len(groups)


@pytest.mark.parametrize("broken", BROKEN, ids=lambda broken: f"{broken.group} - {broken.defect}")
def test_a_broken_provider_is_caught_with_the_mismatch_named(reference: str, tmp_path: Path, broken: Broken) -> None:
    proxy = FaultProxy(as_broken(broken.tamper, over_http(reference)))
    findings = asyncio.run(verify(of_group(broken.group), proxy, tmp_path))
    assert findings
    assert {each.outcome for each in findings} == {"failed"}
    reasons = [reason for each in findings for reason in each.reasons]
    assert any(broken.expected in reason for reason in reasons), reasons
    for each in findings:
        path, line = each.interaction.place.rsplit(":", 1)
        assert each.interaction.description in Path(path).read_text(encoding="utf-8").splitlines()[int(line) - 1]


def test_every_group_has_a_broken_provider() -> None:
    groups = {interaction.group for interaction in DOCUMENT.interactions}
    assert {broken.group for broken in BROKEN} == groups
