"""How long a run waits, when all its waiting is in vain.

A subject that answers nothing, or never does what is waited for, would make a run last as long as all the waits of all its
scenarios. So when several scenarios, one after the other, waited in vain and none passed, those that follow wait only briefly.
What such a scenario did not wait for to the end proves nothing: it is neither held against the subject nor for it. The first one
that passes, and only what is answered promptly can, gives the subject its full time again.
"""

import multiprocessing

PATIENT_TIMES = 3
"""So many scenarios in a row wait in vain to the end."""
BRIEF_EXCHANGE = 0.3
"""Seconds that an exchange may take afterwards."""
BRIEF_WAIT = 1.0
"""The same for anything else that is waited for."""
BRIEF_START = 3.0
"""The same for a subject that is started once more."""


class Patience:
    """What a run has of it; the workers that are forked from its process share it."""

    def __init__(self) -> None:
        self._in_vain = multiprocessing.get_context("fork").Value("i", 0)

    @property
    def is_lost(self) -> bool:
        """Whether to wait only briefly."""
        return bool(self._in_vain.value >= PATIENT_TIMES)

    def note(self, *, passed: bool, in_vain: bool) -> None:
        """One more scenario is over: whether it passed, and whether it waited in vain for anything."""
        if passed:
            self._in_vain.value = 0
        elif in_vain:
            with self._in_vain.get_lock():
                self._in_vain.value += 1
