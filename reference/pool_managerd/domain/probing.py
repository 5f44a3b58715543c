"""How long to wait between two health probes of a loading engine."""

SHORTEST = 0.005
LONGEST = 0.1
SHARE_OF_ELAPSED = 0.003


def probe_interval(elapsed: float) -> float:
    """Seconds until the next probe: 0.3 % of the time waited so far, between 5 and 100 ms (PM-READY-2).

    An engine that starts in 20 ms is seen within 5 ms; one that takes minutes is asked ten times a second.
    """
    return min(max(elapsed * SHARE_OF_ELAPSED, SHORTEST), LONGEST)
