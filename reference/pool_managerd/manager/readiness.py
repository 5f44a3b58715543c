"""When a loading engine may be called ready, and a working one idle."""

from pool_managerd.clock import Clock
from pool_managerd.domain.prepared import PreparedEngine
from pool_managerd.domain.probing import probe_interval
from pool_managerd.engines.ports import Engine, Probe


async def become_healthy(engine: Engine, prepared: PreparedEngine, clock: Clock) -> int:
    """Probe until the engine itself answers healthy; return its number of slots (PM-READY-1, PM-READY-2, PM-READY-5, PM-READY-6).

    Never returns while another process answers in the engine's place. The caller races it against the engine's exit
    and the start-up time-out.
    """
    started = clock.monotonic()
    while await engine.probe() is not Probe.HEALTHY:
        await clock.sleep(probe_interval(clock.monotonic() - started))
    return prepared.slots_total or await engine.slots() or 1


async def become_idle(engine: Engine, clock: Clock) -> None:
    """Ask until the engine works on nothing, or cannot say (PM-DRAIN-2)."""
    started = clock.monotonic()
    while await engine.busy():
        await clock.sleep(probe_interval(clock.monotonic() - started))
