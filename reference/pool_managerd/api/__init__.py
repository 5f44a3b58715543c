"""HTTP in front of the manager: what contracts/openapi.yaml says, and nothing of its own."""

from pool_managerd.api.app import create_app
from pool_managerd.api.security import Security

__all__ = ["Security", "create_app"]
