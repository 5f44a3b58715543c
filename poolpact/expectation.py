"""What a step expects."""


def expect(holds: bool, otherwise: str) -> None:
    """An AssertionError that says ``otherwise`` unless ``holds``."""
    if not holds:
        raise AssertionError(otherwise)
