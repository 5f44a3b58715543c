"""Where the contract is kept: beside the package in a checkout, inside it in an installed wheel."""

from pathlib import Path

_INSTALLED = Path(__file__).parents[1] / "contracts"
_CHECKOUT = Path(__file__).parents[2] / "contracts"

CONTRACTS = _INSTALLED if _INSTALLED.is_dir() else _CHECKOUT
OPENAPI = CONTRACTS / "openapi.yaml"
REQUIREMENTS = CONTRACTS / "requirements.yaml"
PACTS = CONTRACTS / "pacts"
PACT = PACTS / "orchestratord-pool_managerd.json"
