"""Where the contract and the suite are kept: beside the package in a checkout, inside it in an installed wheel."""

from pathlib import Path

_INSTALLED = Path(__file__).parents[1] / "contracts"
_CHECKOUT = Path(__file__).parents[2] / "contracts"

_IS_INSTALLED = _INSTALLED.is_dir()

FEATURES = (Path(__file__).parents[1] / "suite" if _IS_INSTALLED else Path(__file__).parents[2]) / "features"
"""The folder of the features; that of their steps lies beside it."""
CONTRACTS = _INSTALLED if _IS_INSTALLED else _CHECKOUT
OPENAPI = CONTRACTS / "openapi.yaml"
REQUIREMENTS = CONTRACTS / "requirements.yaml"
PACTS = CONTRACTS / "pacts"
PACT = PACTS / "orchestratord-pool_managerd.json"
