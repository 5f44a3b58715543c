"""A pool manager that says what it is told, and never anything that the contract does not allow."""

from poolpact.mock.answers import PactAnswers
from poolpact.mock.pool_manager import ScriptedPoolManager
from poolpact.mock.script import ScriptedPool

__all__ = ["PactAnswers", "ScriptedPool", "ScriptedPoolManager"]
