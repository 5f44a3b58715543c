"""Judging a pool manager: its calls, what its answers must be, and the engines and faults that scenarios speak of."""
