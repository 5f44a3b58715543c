"""Judging anybody's daemon or orchestrator: which verdict each requirement gets, and what the run as a whole is worth."""
