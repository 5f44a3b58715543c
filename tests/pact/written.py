"""The pact as a file: what ``make pact`` writes, and the tests compare with what is committed."""

import json
import tempfile
from pathlib import Path

from pact import Pact

from poolpact.contract.files import PACT
from tests.pact import daemon, drains, leases, preloads, statuses
from tests.pact.interaction import CONSUMER, PROVIDER

INTERACTIONS = [*daemon.INTERACTIONS, *statuses.INTERACTIONS, *preloads.INTERACTIONS, *drains.INTERACTIONS, *leases.INTERACTIONS]


def pact_text() -> str:
    """The whole pact; says nothing of the versions of the library that wrote it."""
    pact = Pact(CONSUMER, PROVIDER).with_specification("V4")
    for interaction in INTERACTIONS:
        interaction.define(pact)
    with tempfile.TemporaryDirectory() as folder:
        pact.write_file(folder, overwrite=True)
        [path] = Path(folder).iterdir()
        document = json.loads(path.read_text(encoding="utf-8"))
    document["metadata"] = {"pactSpecification": document["metadata"]["pactSpecification"]}
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def main() -> None:
    """Write it."""
    PACT.parent.mkdir(exist_ok=True)
    PACT.write_text(pact_text(), encoding="utf-8")
    print(f"{PACT.name}: {len(INTERACTIONS)} interactions")


if __name__ == "__main__":
    main()
