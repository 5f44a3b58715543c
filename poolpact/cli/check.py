"""``poolpact check daemon`` and ``poolpact check orchestrator``."""

import os
import shlex
import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from rich.console import Console

from poolpact.cli.interruption import INTERRUPTED, Interruption
from poolpact.cli.progress import CheckProgress
from poolpact.errors import PoolpactError

if TYPE_CHECKING:
    from poolpact.options import Options

Side = Literal["daemon", "orchestrator"]

app = typer.Typer(help="Judge a subject, in any language, by the requirements.", rich_markup_mode=None)

_PLACEHOLDERS = "{addr} {host} {port} {url} {token} {run_dir} {engine_dir} are filled in"
_MOST_JOBS = 32
MOST_EXPLAINED = 3
"""Scenarios of a requirement whose failures are explained; of any more it is told that they failed, too, and why."""

Url = Annotated[str, typer.Option(metavar="URL", help="one that runs already")]
Command = Annotated[str, typer.Option(metavar="COMMAND", help=f"starts one, and ends it afterwards; {_PLACEHOLDERS}")]
Env = Annotated[
    list[str] | None, typer.Option(metavar="NAME=VALUE", help=f"a variable for the command; {_PLACEHOLDERS}; repeatable")
]
Profiles = Annotated[str, typer.Option(metavar="A,B", help="what it claims; by default what its /health declares")]
Settings = Annotated[
    list[str] | None,
    typer.Option("--setting", metavar="NAME=VALUE", help="a time of its own, as in startup_timeout=20s; repeatable"),
]
Only = Annotated[list[str] | None, typer.Option(metavar="ID", help="judge this requirement alone; repeatable")]
Known = Annotated[
    Path | None,
    typer.Option("--known-failures", metavar="FILE", help="lines such as PM-READY-2: why it fails", show_default=False),
]
Report = Annotated[
    Path | None, typer.Option(metavar="DIR", help="write conformance.json, junit.xml and index.html there", show_default=False)
]
Keep = Annotated[bool, typer.Option("--keep", help="keep its logs and folders, and say where", show_default=False)]
Replay = Annotated[
    str, typer.Option(metavar="ID", help="run this scenario, or those of this requirement, again with the full transcript")
]
TimeLimit = Annotated[str, typer.Option(metavar="DURATION", help="after this no scenario begins any more")]


@app.command("daemon", context_settings={"allow_extra_args": False})
def check_daemon(
    url: Url = "",
    command: Command = "",
    env: Env = None,
    token: Annotated[
        str, typer.Option(metavar="TOKEN", envvar="POOL_MANAGERD_TOKEN", help="its bearer token", show_envvar=True)
    ] = "",
    profiles: Profiles = "",
    engine: Annotated[
        Path | None, typer.Option(metavar="PATH", help="poolpact-engine as the daemon sees it", show_default=False)
    ] = None,
    host_dir: Annotated[
        Path | None, typer.Option(metavar="DIR", help="a folder that the daemon's engines can write to", show_default=False)
    ] = None,
    setting: Settings = None,
    only: Only = None,
    known_failures: Known = None,
    report: Report = None,
    jobs: Annotated[int, typer.Option(metavar="N", help="scenarios at a time", min=1, max=_MOST_JOBS)] = 4,
    keep: Keep = False,
    replay: Replay = "",
    time_limit: TimeLimit = "15m",
) -> int:
    """Judge a pool-managerd.

    Exit code 0: it is conformant. 1: it is not, or a requirement that it claims was not judged. 2: it could not be judged.
    """
    from poolpact.launch import Launch
    from poolpact.options import Options, base_url, folder_of

    _one_of(url, command, env)
    told = _told(setting, ("startup_timeout", "lease_ttl"))
    again = _again(
        "daemon", url=url, command=command, env=env, profiles=profiles, engine=engine, host_dir=host_dir, setting=setting
    )
    options = Options(
        mode="live",
        engine="process",
        url=base_url("--url", url or None),
        token=_credential(token) or None,
        daemon_launch=Launch.parse(command, env or ()) if command else None,
        startup_timeout=told.get("startup_timeout"),
        lease_ttl=told.get("lease_ttl"),
        host_dir=folder_of("--host-dir", host_dir),
        engine_program=engine and engine.absolute(),
        jobs=jobs,
        time_limit=_seconds("--time-limit", time_limit),
        keeps_transcripts=bool(replay),
    )
    return _check("daemon", options, url or command, again, profiles, only, known_failures, report, replay, keep=keep)


@app.command("orchestrator")
def check_orchestrator(
    url: Url = "",
    command: Command = "",
    env: Env = None,
    judge_addr: Annotated[
        str, typer.Option(metavar="HOST:PORT", help="where it finds its pool manager, which is the judge", show_default=False)
    ] = "",
    profiles: Profiles = "",
    setting: Settings = None,
    only: Only = None,
    known_failures: Known = None,
    report: Report = None,
    jobs: Annotated[
        int | None, typer.Option(metavar="N", help="scenarios at a time [4; with --url or --judge-addr 1]", min=1, max=_MOST_JOBS)
    ] = None,
    keep: Keep = False,
    replay: Replay = "",
    time_limit: TimeLimit = "15m",
) -> int:
    """Judge an orchestratord: the judge plays its pool manager, and sees what it asks for.

    With --url start it with POOL_MANAGERD_URL=http://HOST:PORT of --judge-addr. Exit code 0: it is conformant. 1: it is not, or a
    requirement that it claims was not judged. 2: it could not be judged.
    """
    from poolpact.launch import Launch
    from poolpact.options import Options, address_of, base_url

    _one_of(url, command, env)
    if url and not judge_addr:
        raise PoolpactError("--url needs --judge-addr HOST:PORT, where the orchestrator finds its pool manager")
    alone = bool(url or judge_addr)
    if alone and (jobs or 1) > 1:
        raise PoolpactError("--jobs: with one orchestrator or one address scenarios run one by one: leave it out")
    host, port = address_of("--judge-addr", judge_addr) if judge_addr else ("127.0.0.1", 0)
    options = Options(
        mode="mock",
        orchestrator_url=base_url("--url", url or None),
        orchestrator_launch=Launch.parse(command, env or ()) if command else None,
        deadline=_told(setting, ("deadline",)).get("deadline"),
        judge_host=host,
        judge_port=port,
        jobs=1 if alone else jobs or 4,
        time_limit=_seconds("--time-limit", time_limit),
        keeps_transcripts=bool(replay),
    )
    again = _again("orchestrator", url=url, command=command, env=env, judge_addr=judge_addr, profiles=profiles, setting=setting)
    return _check("orchestrator", options, url or command, again, profiles, only, known_failures, report, replay, keep=keep)


def _one_of(url: str, command: str, env: Sequence[str] | None) -> None:
    if bool(url) == bool(command):
        raise PoolpactError("give --url of one that runs, or the --command that starts one" + (", not both" if url else ""))
    if url and env:
        raise PoolpactError("--env is for the --command: one that runs has its environment already")


def _told(settings: Sequence[str] | None, known: Sequence[str]) -> dict[str, float]:
    told = {}
    for text in settings or ():
        name, separator, value = text.partition("=")
        if not separator or name not in known:
            raise PoolpactError(f"--setting {text!r} is not like NAME=VALUE with one of {', '.join(known)}")
        told[name] = _seconds(f"--setting {name}", value)
    return told


def _credential(token: str) -> str:
    if not all("!" <= character <= "~" for character in token):
        raise PoolpactError("--token holds a sign that no credential in a header can have")
    return token


def _seconds(option: str, text: str) -> float:
    from poolpact.options import duration_of

    return duration_of(option, text)


def _names(option: str, texts: Sequence[str]) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(name.strip() for text in texts for name in text.split(",") if name.strip()))
    if texts and not names:
        raise PoolpactError(f"{option} names nothing")
    return names


def _again(side: Side, **given: str | Path | Sequence[str] | None) -> str:
    """The command line with what was ``given``; a token is not for the eyes of those who read it."""
    words = ["poolpact", "check", side]
    for name, value in given.items():
        several = [value] if isinstance(value, str | Path) else value or ()
        words += [word for each in several if each for word in (f"--{name.replace('_', '-')}", str(each))]
    return shlex.join(words)


def _usable(report: Path | None) -> None:
    """That a ``report`` cannot be written is not found out after minutes of judging."""
    if report is None:
        return
    there = next(folder for folder in (report.absolute(), *report.absolute().parents) if folder.exists())
    if not there.is_dir():
        raise PoolpactError(f"--report: {str(there)!r} is not a folder")
    if not os.access(there, os.W_OK | os.X_OK):
        raise PoolpactError(f"--report: nothing can be written to {str(there)!r}")


def _check(
    side: Side,
    options: "Options",
    target: str,
    again: str,
    profiles: str,
    only: Sequence[str] | None,
    known_failures: Path | None,
    report: Path | None,
    replay: str,
    *,
    keep: bool,
) -> int:
    from poolpact.judge.checking import Check, run_check
    from poolpact.judge.known_failures import KnownFailures, read_known_failures

    known = read_known_failures(known_failures) if known_failures else KnownFailures()
    claimed, chosen = _names("--profiles", [profiles] if profiles else []), _names("--only", only or ())
    if chosen and replay:
        raise PoolpactError("--replay says what is run again: it does not go with --only")
    _usable(report)
    folder = Path(tempfile.mkdtemp(prefix="poolpact-check-"))
    host_dir = options.host_dir and options.host_dir / folder.name
    check = Check(side, replace(options, host_dir=host_dir), target, again, claimed, chosen, replay or None, known)
    interruption = Interruption()
    try:
        with interruption, CheckProgress() as progress:
            document = run_check(check, folder, progress.begin)
        _tell(document, report, is_replay=bool(replay))
    except KeyboardInterrupt:
        return interruption.exit_code or INTERRUPTED
    finally:
        if keep:
            print(f"kept: {folder}", file=sys.stderr)
        else:
            for own in filter(None, (folder, host_dir)):
                shutil.rmtree(own, ignore_errors=True)
    return interruption.exit_code or int(document["exit_code"])


class _Output(Console):
    """Goes on in silence when whoever reads it hangs up: the exit code is that of the verdict."""

    def on_broken_pipe(self) -> None:
        """See rich, which would end the program."""
        self.quiet = True
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _tell(document: dict[str, Any], report: Path | None, *, is_replay: bool) -> None:
    from poolpact.report.text import explain_briefly, explain_in_colour, summarise_in_colour
    from poolpact.report.writing import write_reports

    console = _Output(file=sys.stdout, highlight=False, soft_wrap=True)
    try:
        if report is not None:
            write_reports(document, report)  # first: who reads what is printed may hang up
    finally:
        for _, scenarios in groupby(_told_of(document, is_replay=is_replay), lambda scenario: scenario["requirement"]):
            several = list(scenarios)
            for scenario in several if is_replay else several[:MOST_EXPLAINED]:
                console.print(explain_in_colour(document, scenario, in_full=is_replay))
                console.print()
            if others := [] if is_replay else several[MOST_EXPLAINED:]:
                console.print("\n".join(map(explain_briefly, others)), markup=False)
                console.print()
        console.print(summarise_in_colour(document))
    if report is not None:
        console.print(f"report: {report / 'index.html'}", markup=False)


def _told_of(document: dict[str, Any], *, is_replay: bool) -> list[dict[str, Any]]:
    """Those that failed or broke, and of each requirement that was blocked the first that shows where; of a replay all."""
    if is_replay:
        return list(document["scenarios"])
    told = []
    blocked = {each["id"] for each in document["requirements"] if each["verdict"] == "not_exercised"}
    for scenario in document["scenarios"]:
        if scenario["verdict"] in ("failed", "harness_error"):
            told.append(scenario)
        elif scenario["verdict"] == "not_exercised" and scenario["requirement"] in blocked and "step" in scenario:
            told.append(scenario)
            blocked.discard(scenario["requirement"])
    return told
