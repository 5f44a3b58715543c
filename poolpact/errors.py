"""The root of the harness's own errors."""


class PoolpactError(Exception):
    """Something that the caller of the harness can put right; the message is one line that says what, and the remedy."""
