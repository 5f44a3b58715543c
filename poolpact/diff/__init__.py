"""Two versions of the wire contract compared: what changed, whom it breaks, and the version that it asks for."""

from poolpact.diff.comparison import Comparison, compare
from poolpact.diff.errors import CannotCompare
from poolpact.diff.versions import ContractVersion, read_version

__all__ = ["CannotCompare", "Comparison", "ContractVersion", "compare", "read_version"]
