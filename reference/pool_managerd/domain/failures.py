"""Why an engine does not run: one kind a failure, and one line for a person (PM-SUP-1, PM-SUP-9)."""

import signal
from dataclasses import dataclass
from enum import StrEnum

from pool_managerd.domain.evidence import Complaint, Evidence, find_evidence
from pool_managerd.domain.exit_status import ExitStatus, signal_name

_SHELL_BASE = 128
"""A shell that runs an engine tells of signal n as exit code 128 + n."""


class FailureKind(StrEnum):
    """What a failure is called in logs, events and metrics."""

    EXIT_CODE = "exit_code"
    SIGNAL = "signal"
    EXIT_UNKNOWN = "exit_unknown"
    OOM_KILLED = "oom_killed"
    OUT_OF_MEMORY = "out_of_memory"
    GPU_OUT_OF_MEMORY = "gpu_out_of_memory"
    GPU_ERROR = "gpu_error"
    HANG = "hang"
    SPAWN_FAILED = "spawn_failed"
    STARTUP_TIMEOUT = "startup_timeout"


@dataclass(frozen=True, slots=True)
class Failure:
    """``cause`` is one line, and names exit code or signal where there is one."""

    kind: FailureKind
    cause: str


def name_crash(status: ExitStatus, output: str = "", oom_kills: int | None = None) -> Failure:
    """What an exit that nobody asked for was.

    ``output`` is the end of what the engine printed. ``oom_kills`` counts the processes of its control group that the kernel
    killed for lack of memory while it ran; None where the system does not tell.
    """
    number = _signal_of(status)
    if oom_kills and number == signal.SIGKILL:
        return Failure(FailureKind.OOM_KILLED, f"OOM kill: the kernel killed it for lack of memory ({status})")
    beside = "; the kernel killed a process of its control group for lack of memory" if oom_kills else ""
    evidence = find_evidence(output)
    if evidence is not None:
        return Failure(_kind_of(evidence), f"{evidence.name} ({status}{beside}): {evidence.line}")
    if status.returncode is None:
        return Failure(FailureKind.EXIT_UNKNOWN, f"{status}{beside}")
    if status.returncode < 0:
        unknown = (
            "; whether for lack of memory, the system does not tell" if oom_kills is None and number == signal.SIGKILL else ""
        )
        return Failure(FailureKind.SIGNAL, f"{status}{unknown}{beside}")
    told = f", which is how a shell tells of signal {signal_name(number)}" if number is not None else ""
    return Failure(FailureKind.EXIT_CODE, f"{status}{told}{beside}")


def name_hang(checks: int, output: str = "") -> Failure:
    """What an engine that runs and does not answer suffers from: its output may say more than its silence."""
    silence = f"{checks} health checks in a row failed"
    evidence = find_evidence(output)
    if evidence is None:
        return Failure(FailureKind.HANG, silence)
    return Failure(_kind_of(evidence), f"{evidence.name} ({silence}): {evidence.line}")


def _signal_of(status: ExitStatus) -> int | None:
    """The signal that ended the engine, or the one that a shell around it tells of; None for anything else."""
    code = status.returncode or 0
    if code < 0:
        return -code
    return code - _SHELL_BASE if code > _SHELL_BASE and code - _SHELL_BASE in set(signal.Signals) else None


def _kind_of(evidence: Evidence) -> FailureKind:
    match evidence.complaint:
        case Complaint.GPU_OUT_OF_MEMORY:
            return FailureKind.GPU_OUT_OF_MEMORY
        case Complaint.GPU_ERROR:
            return FailureKind.GPU_ERROR
        case Complaint.OUT_OF_MEMORY:
            return FailureKind.OUT_OF_MEMORY
