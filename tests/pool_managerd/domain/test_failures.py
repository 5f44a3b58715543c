"""Exit status, output and the kernel's count put together to one name (PM-SUP-1, PM-SUP-9)."""

import pytest

from pool_managerd.domain.exit_status import ExitStatus
from pool_managerd.domain.failures import Failure, FailureKind, name_crash, name_hang

CUDA = "CUDA error: an illegal memory access was encountered"


@pytest.mark.parametrize(
    ("returncode", "oom_kills", "kind", "cause"),
    [
        (1, 0, FailureKind.EXIT_CODE, "exit code 1"),
        (0, 0, FailureKind.EXIT_CODE, "exit code 0"),
        (255, 0, FailureKind.EXIT_CODE, "exit code 255"),
        (139, 0, FailureKind.EXIT_CODE, "exit code 139, which is how a shell tells of signal SIGSEGV"),
        (-11, 0, FailureKind.SIGNAL, "signal SIGSEGV"),
        (-6, None, FailureKind.SIGNAL, "signal SIGABRT"),
        (-9, 0, FailureKind.SIGNAL, "signal SIGKILL"),
        (-9, None, FailureKind.SIGNAL, "signal SIGKILL; whether for lack of memory, the system does not tell"),
        (-9, 1, FailureKind.OOM_KILLED, "OOM kill: the kernel killed it for lack of memory (signal SIGKILL)"),
        (137, 2, FailureKind.OOM_KILLED, "OOM kill: the kernel killed it for lack of memory (exit code 137)"),
        (137, None, FailureKind.EXIT_CODE, "exit code 137, which is how a shell tells of signal SIGKILL"),
        (1, 1, FailureKind.EXIT_CODE, "exit code 1; the kernel killed a process of its control group for lack of memory"),
        (None, 0, FailureKind.EXIT_UNKNOWN, "exit status unknown"),
        (
            None,
            1,
            FailureKind.EXIT_UNKNOWN,
            "exit status unknown; the kernel killed a process of its control group for lack of memory",
        ),
    ],
)
def test_without_a_complaint_the_exit_and_the_kernel_tell(
    returncode: int | None, oom_kills: int | None, kind: FailureKind, cause: str
) -> None:
    assert name_crash(ExitStatus(returncode), "", oom_kills) == Failure(kind, cause)


@pytest.mark.parametrize(
    ("output", "kind", "cause"),
    [
        (CUDA, FailureKind.GPU_ERROR, f"CUDA error (signal SIGABRT): {CUDA}"),
        (
            "CUDA error: out of memory",
            FailureKind.GPU_OUT_OF_MEMORY,
            "CUDA out of memory (signal SIGABRT): CUDA error: out of memory",
        ),
        ("std::bad_alloc", FailureKind.OUT_OF_MEMORY, "out of memory (signal SIGABRT): std::bad_alloc"),
    ],
)
def test_a_complaint_says_more_than_the_signal_and_the_signal_is_kept(output: str, kind: FailureKind, cause: str) -> None:
    assert name_crash(ExitStatus(-6), output, 0) == Failure(kind, cause)


def test_an_engine_that_kills_itself_after_a_cuda_error_died_of_that() -> None:
    assert name_crash(ExitStatus(-9), CUDA, 0).kind is FailureKind.GPU_ERROR


def test_an_oom_kill_that_the_kernel_counted_says_more_than_an_older_complaint() -> None:
    assert name_crash(ExitStatus(-9), CUDA, 1).kind is FailureKind.OOM_KILLED


def test_a_worker_that_the_kernel_killed_is_told_beside_the_complaint() -> None:
    cause = name_crash(ExitStatus(1), CUDA, 1).cause
    assert cause == f"CUDA error (exit code 1; the kernel killed a process of its control group for lack of memory): {CUDA}"


def test_a_hang_is_one_unless_the_output_says_why() -> None:
    assert name_hang(3, "all is well") == Failure(FailureKind.HANG, "3 health checks in a row failed")
    assert name_hang(3, CUDA) == Failure(FailureKind.GPU_ERROR, f"CUDA error (3 health checks in a row failed): {CUDA}")
