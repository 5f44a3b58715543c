"""``poolpact check``, ending with the first scenario that fails: to catch a mutant takes no more. Arguments as for poolpact."""

from typing import Any

from behave.configuration import Configuration

from poolpact.cli.main import main
from poolpact.judge import running
from tests.mutants.patching import patch


def _stopping(arguments: list[str], **more: Any) -> Configuration:
    return Configuration([*arguments, "--stop"], **more)


if __name__ == "__main__":
    patch(running, "Configuration", _stopping)
    main()
