"""What the orchestrator's scenarios are about: its conversation with callers, and the line between it and its pool manager."""

from poolpact.boundary.boundary import Boundary, boundary_of

__all__ = ["Boundary", "boundary_of"]
