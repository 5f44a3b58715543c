"""Everything that a stub is told: by flags, by a file, or by both."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pool_managerd.durations import parse_duration
from poolpact.stub.errors import StubRefused
from poolpact.stub.file import read_stub_file
from poolpact.stub.operations import Operations
from poolpact.stub.pools import ToldPool, pool_of_text
from poolpact.stub.telling import CannotBeTold
from poolpact.stub.told_faults import ToldFault, fault_of_text


@dataclass(frozen=True, slots=True)
class Script:
    """The pools, each of an id of its own, and the faults in the order of their precedence. Times are in seconds."""

    pools: tuple[ToldPool, ...] = ()
    faults: tuple[ToldFault, ...] = ()
    seed: int = 0
    preload_takes: float = 0.1
    """From a preload of a client until its pool is ready."""
    token_interval: float = 0.02

    def __post_init__(self) -> None:
        ids = [pool.pool_id for pool in self.pools]
        twice = next((pool_id for pool_id in ids if ids.count(pool_id) > 1), None)
        if twice is not None:
            raise StubRefused(f"pool {twice} is told twice")


def read_seconds(flag: str, text: str) -> float:
    """The seconds of a duration; raises StubRefused, naming the flag."""
    try:
        return parse_duration(text)
    except ValueError as error:
        raise StubRefused(f"{flag}: {error}") from None


def read_script(
    pools: Sequence[str], faults: Sequence[str], file: Path | None, *, seed: int, preload_takes: float, token_interval: float
) -> Script:
    """The script of these flags and the file, whose faults come last; raises StubRefused, naming what does not fit."""
    operations = Operations.load()
    file_pools, file_faults = read_stub_file(file, operations) if file is not None else ([], [])
    told_pools, told_faults = [], []
    for text in pools:
        try:
            told_pools.append(pool_of_text(text))
        except CannotBeTold as wrong:
            raise StubRefused(f"--pool {text}: {wrong}") from None
    for text in faults:
        try:
            told_faults.append(fault_of_text(text, operations))
        except CannotBeTold as wrong:
            raise StubRefused(f"--fault {text}: {wrong}") from None
    return Script(
        (*told_pools, *file_pools),
        (*told_faults, *file_faults),
        seed=seed,
        preload_takes=preload_takes,
        token_interval=token_interval,
    )
