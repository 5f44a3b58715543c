"""orchestratord: reports pool health, gates dispatch on it and relays the engine's tokens."""

__version__ = "0.1.0"
