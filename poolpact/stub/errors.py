"""What keeps a stub from playing."""

from poolpact.errors import PoolpactError


class StubRefused(PoolpactError):
    """The stub cannot be as it was told; the message is one line that says what is wrong."""
