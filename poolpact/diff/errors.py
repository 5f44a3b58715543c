"""What keeps two versions from being compared."""

from poolpact.errors import PoolpactError


class CannotCompare(PoolpactError):
    """A version that is missing, broken or unrelated; the message names it and says what is wrong."""
