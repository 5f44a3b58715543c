"""What a run found out, in lines for a terminal or the log of a CI run; a stranger's text in them cannot steer the terminal."""

from collections.abc import Iterable, Iterator
from typing import Any

from rich.text import Text

from poolpact.report import findings
from poolpact.report.document import Document
from poolpact.report.printable import one_line, visible

Line = tuple[str, str]
"""A line, and the rich style it has where there is colour."""

LONGEST_LINE = 300
"""Characters of one line."""
MOST_REASON = 40
"""Lines of a reason."""
FIRST_RUNS, LAST_RUNS = 6, 14
"""Runs of exchanges that are told from the beginning and the end of a transcript."""
MOST_LOG = 20
"""Lines of the subject's log, the last ones."""
_STYLES = {
    "conformant": "bold green",
    "not conformant": "bold red",
    "incomplete": "bold yellow",
    "could not judge": "bold magenta",
}
_WORDS = {
    "failed": ("FAILED", "bold red"),
    "harness_error": ("HARNESS ERROR", "bold magenta"),
    "not_exercised": ("NOT EXERCISED", "bold yellow"),
}
_INDENT = "    "
_BLANKS = str.maketrans("\n\t", "  ")


def explain(document: Document, scenario: dict[str, Any]) -> list[str]:
    """Why ``scenario`` ended as it did: its requirement, its step, the reason, the transcript, a curl line, the log's tail."""
    return [line for line, _ in _explanation(document, scenario)]


def explain_in_colour(document: Document, scenario: dict[str, Any], *, in_full: bool = False) -> Text:
    """The same for a rich console, which drops the colours where it is no terminal or NO_COLOR is set.

    ``in_full``: with the whole transcript, headers and bodies included, and all of the log.
    """
    return _coloured(_explanation(document, scenario, in_full=in_full))


def explain_briefly(scenario: dict[str, Any]) -> str:
    """The same in one line, for a scenario after others of its requirement."""
    word = findings.VERDICTS[scenario["verdict"]]
    reason = one_line(findings.reason_of(scenario), LONGEST_LINE)
    return _line(f"{_INDENT}{scenario['requirement']} {word} as well: {scenario['place']}  {scenario['name']}: {reason}")


def summarise(document: Document) -> list[str]:
    """What a run came to: warnings, what was not judged and why, a line a profile, the counts; the verdict is the last line."""
    return [line for line, _ in _summary(document)]


def summarise_in_colour(document: Document) -> Text:
    """The same for a rich console."""
    return _coloured(_summary(document))


def _coloured(lines: Iterable[Line]) -> Text:
    return Text("\n", end="").join(Text(line, style) for line, style in lines)


def _explanation(document: Document, scenario: dict[str, Any], *, in_full: bool = False) -> Iterator[Line]:
    requirement = next(each for each in document["requirements"] if each["id"] == scenario["requirement"])
    word, style = _WORDS.get(scenario["verdict"], (findings.VERDICTS[scenario["verdict"]].upper(), "bold"))
    known = ", a known failure" if findings.is_known(requirement) else ""
    yield _line(f"{word} {requirement['id']} ({requirement['level']}{known}): {requirement['sentence']}"), style
    yield _line(f"{_INDENT}{scenario['place']}  {scenario['name']}"), ""
    if scenario.get("step"):
        yield _line(f"{_INDENT}step: {scenario['step']}"), ""
    yield from ((line, style.removeprefix("bold ")) for line in _block(findings.reason_of(scenario), MOST_REASON))
    transcript = scenario.get("transcript", [])
    if transcript:
        yield f"{_INDENT}transcript, {findings.many(scenario['exchanges'], 'exchange')}:", "bold"
        yield from _transcript_in_full(transcript) if in_full else _transcript(transcript)
        asked = [exchange["curl"] for exchange in transcript if exchange.get("curl")]
        if asked:
            yield f"{_INDENT}the last request again:", "bold"
            yield from ((f"{_INDENT}  {line}", "") for line in visible(asked[-1]).split("\n"))
    if scenario.get("log"):
        yield f"{_INDENT}the end of the subject's log:", "bold"
        lines = [f"{_INDENT}  {line}" for line in visible(scenario["log"]).rstrip().split("\n")]
        yield from ((line, "dim") for line in (lines if in_full else map(_cut, lines[-MOST_LOG:])))
    again = findings.replay_of(document, scenario)
    if again:
        yield f"{_INDENT}this scenario again: {' '.join(visible(again).split())}", ""


def _transcript(transcript: list[dict[str, Any]]) -> Iterator[Line]:
    runs = findings.runs(transcript)
    first, left_out, last = runs[:FIRST_RUNS], runs[FIRST_RUNS:-LAST_RUNS], runs[FIRST_RUNS:][-LAST_RUNS:]
    for run in first:
        yield from _run(run)
    if left_out:
        yield f"{_INDENT}  … {findings.many(sum(1 + len(run.again) for run in left_out), 'exchange')} …", "dim"
    for run in last:
        yield from _run(run)


def _run(run: findings.Run) -> Iterator[Line]:
    yield from _exchange(run.exchange)
    if run.again:
        yield f"{_INDENT}      again {findings.many(len(run.again), 'time')}, until +{run.again[-1]['at']:.3f} s", "dim"


def _transcript_in_full(transcript: list[dict[str, Any]]) -> Iterator[Line]:
    for exchange in transcript:
        yield _head(exchange)
        for sign, headers, body in ((">", "headers", "body"), ("<", "answer_headers", "answer_body")):
            told = [visible(f"{name}: {value}").translate(_BLANKS) for name, value in exchange.get(headers, {}).items()]
            told += visible(exchange.get(body, "")).rstrip("\n").split("\n") if exchange.get(body) else []
            yield from ((f"{_INDENT}      {sign} {line}", "dim") for line in told)
        if exchange.get("error"):
            yield f"{_INDENT}      why  {visible(exchange['error']).translate(_BLANKS)}", "dim"


def _head(exchange: dict[str, Any]) -> Line:
    came = exchange.get("status")
    answer = "no answer" if came is None else str(came)
    head = f"+{exchange['at']:.3f} s  {exchange['from']} → {exchange['to']}  {exchange['method']} {exchange['target']}"
    return _line(f"{_INDENT}  {head}  {answer}  {1000 * exchange['seconds']:.0f} ms"), "red" if came is None else ""


def _exchange(exchange: dict[str, Any]) -> Iterator[Line]:
    yield _head(exchange)
    for name, said in (("sent", "body"), ("got", "answer_body"), ("why", "error")):
        if exchange.get(said):
            yield _line(f"{_INDENT}      {name:4}  {one_line(exchange[said], LONGEST_LINE)}"), "dim"


def _summary(document: Document) -> Iterator[Line]:
    for requirement in document["requirements"]:
        yield from _remark(requirement)
    stale = document["known_failures"]["stale"]
    for name in stale:
        yield _line(f"stale known failure {name}: it passes or does not exist; take it out of the file"), "red"
    for notice in document["notices"]:
        where = f" (in {findings.many(len(notice['scenarios']), 'scenario')})" if notice["scenarios"] else ""
        yield _line(f"notice {notice['requirement']}: {notice['text']}{where}"), "yellow"
    for complaint in document.get("complaints", []):
        yield _line(f"complaint: {complaint}"), "bold magenta"
    for profile, requirements in findings.profiles(document).items():
        counts = findings.tally({"requirements": requirements})
        yield _line(f"profile {profile}: {_counted(counts, zeros=False)}"), ""
    yield _line(f"requirements: {_counted(findings.tally(document), zeros=True)}"), "bold"
    version = f" {document['version']}" if document["version"] else ""
    subject = f"{document['subject']} {document['implementation']}{version}"
    yield (
        _line(f"{document['verdict']}: {subject}: {findings.outcome_in_words(document)}; {document['seconds']:.1f} s"),
        _STYLES[document["verdict"]],
    )


def _remark(requirement: dict[str, Any]) -> Iterator[Line]:
    """A line for what is not red and yet worth saying, and for what kept the run from a verdict."""
    where, name = findings.standing(requirement), requirement["id"]
    because = f": {requirement['reason']}" if requirement["reason"] else ""
    if findings.is_known(requirement) and where != "passed":
        yield _line(f"known failure {name}: {requirement['known']}"), "dim"
    elif where == "failed" and requirement["level"] == "SHOULD":
        yield _line(f"warning {name} (SHOULD) failed: {requirement['sentence']}"), "yellow"
    elif where == "passed" and requirement["reason"]:
        yield _line(f"passed in part {name} ({requirement['level']}){because}"), "dim"
    elif where in ("not_testable", "not_exercised", findings.NOT_JUDGED):
        style = "dim" if where == findings.NOT_JUDGED else "yellow"
        yield _line(f"{findings.STANDINGS[where]} {name} ({requirement['level']}){because}"), style


def _counted(counts: dict[str, int], *, zeros: bool) -> str:
    """The six verdicts, or those that there are, and what was not judged where something was not."""
    shown = {name: counts.get(name, 0) for name in findings.STANDINGS}
    listed = [name for name, count in shown.items() if count or (zeros and name in findings.VERDICTS)]
    return ", ".join(f"{shown[name]} {findings.STANDINGS[name]}" for name in listed)


def _block(text: str, most: int) -> Iterator[str]:
    lines = visible(text).rstrip().split("\n") if text.strip() else []
    yield from (_cut(f"{_INDENT}{line}") for line in lines[:most])
    if len(lines) > most:
        yield f"{_INDENT}… {findings.many(len(lines) - most, 'more line')}"


def _line(text: str) -> str:
    """``text`` as one visible line, its spaces kept."""
    return _cut(visible(text).translate(_BLANKS))


def _cut(line: str) -> str:
    return line if len(line) <= LONGEST_LINE else f"{line[: LONGEST_LINE - 1]}…"
