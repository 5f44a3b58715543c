"""Hold the contract against the last released one, or release it.

``python ci/contract.py check``: red when it breaks what was released and its version does not say so.
``python ci/contract.py release``: copy it to contracts/released/VERSION; what is released is never overwritten.
"""

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path

from rich.console import Console

from poolpact.diff import CannotCompare, Comparison, compare, read_version
from poolpact.diff.changes import Place
from poolpact.diff.lines import Lines
from poolpact.diff.report import as_text
from poolpact.diff.verdict import Release, release
from poolpact.errors import PoolpactError

CONTRACTS = Path(__file__).resolve().parent.parent / "contracts"
PARTS = ("openapi.yaml", "requirements.yaml", "schemas/*.json", "pacts/*.json")

console = Console(highlight=False, soft_wrap=True)


def main(arguments: list[str]) -> int:
    """0 when the contract keeps what was released, 1 when it does not, 2 when that cannot be told."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("act", choices=("check", "release"))
    parser.add_argument("contracts", nargs="?", type=Path, default=Path(os.path.relpath(CONTRACTS)))
    chosen = parser.parse_args(arguments)
    try:
        return _check(chosen.contracts) if chosen.act == "check" else _release(chosen.contracts)
    except PoolpactError as error:
        print(f"contract-{chosen.act}: {' '.join(str(error).split())}", file=sys.stderr)
        return 2


def _check(contracts: Path) -> int:
    last = _last_released(contracts)
    if last is None:
        raise CannotCompare(f"{contracts / 'released'}: nothing is released; make contract-release does it")
    comparison = compare(read_version(str(last)), read_version(str(contracts)))
    console.print(as_text(comparison))
    broken, verdict = comparison.breaking(), comparison.verdict
    if broken and not verdict.enough:
        _say(_remedy(comparison), "red")
        return 1
    kept = f"the break is deliberate: {contracts} says {verdict.new}" if broken else f"{contracts} keeps what {last} promises"
    _say(f"contract-check: {kept}", "green")
    return 0


def _remedy(comparison: Comparison) -> str:
    old, new, verdict = comparison.old, comparison.new, comparison.verdict
    line, _ = Lines(new).of(Place("openapi.yaml", path=("info",)), "version")
    return (
        f"contract-check: {line} still says {verdict.new}, and the breaks above are not what {old.name} promises.\n"
        f"Take it back. Or, if it is meant: let info.version there, and __version__ of poolpact, pool_managerd and "
        f"orchestratord, be {verdict.least} or later, say it in CHANGELOG.md, and make contract-release when it is released."
    )


def _release(contracts: Path) -> int:
    said = read_version(str(contracts)).document["info"]["version"]
    version = release(said, str(contracts))
    if said != str(version):
        raise CannotCompare(f"{contracts}: {said} is a preview, and only {version} itself is released")
    target = contracts / "released" / str(version)
    if target.exists():
        raise CannotCompare(f"{target} is there already, and what is released stays: a changed contract needs another version")
    if _last_released(contracts) is not None and _check(contracts):
        return 1
    target.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".releasing-") as folder:
        for source in sorted(path for part in PARTS for path in contracts.glob(part)):
            copy = Path(folder, "contract", source.relative_to(contracts))
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, copy)
        Path(folder, "contract").rename(target)
    _say(f"contract-release: {target} is the contract released as {version}", "green")
    return 0


def _say(what: str, style: str) -> None:
    console.print(what, style=style, markup=False)


def _last_released(contracts: Path) -> Path | None:
    """The folder of the highest version; raises CannotCompare when one is not named as the contract in it."""
    found: dict[Release, Path] = {}
    for folder in (contracts / "released").glob("[!.]*"):
        number = release(folder.name, str(folder))
        said = release(read_version(str(folder)).document["info"]["version"], str(folder))
        if said != number:
            raise CannotCompare(f"{folder}: the contract in it says {said}")
        found[number] = folder
    return found[max(found)] if found else None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
