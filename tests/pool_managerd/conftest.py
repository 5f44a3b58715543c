"""``--hypothesis-profile=thorough`` takes every state machine through more than 10,000 steps, the default through some 4,500."""

from hypothesis import settings

settings.register_profile("thorough", max_examples=250, stateful_step_count=50)
