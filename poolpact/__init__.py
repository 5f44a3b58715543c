"""poolpact: the harness that judges both sides of the orchestratord / pool-managerd boundary."""

__version__ = "0.1.0"
