"""What an engine's last output says of why it ended: the complaints of llama.cpp, vLLM and PyTorch about memory and GPUs.

What an engine complains of and goes on without is no evidence: pinned or locked memory is a wish of llama.cpp, a warning of
PyTorch is no error, and neither is a hint what to do about "CUDA out of memory".
"""

import re
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

LONGEST_QUOTE = 300
"""Characters of a line that are quoted."""


class Complaint(Enum):
    """What kind of thing went wrong, the most telling first."""

    GPU_OUT_OF_MEMORY = auto()
    GPU_ERROR = auto()
    OUT_OF_MEMORY = auto()


@dataclass(frozen=True, slots=True)
class Evidence:
    """``name`` is what to call it, such as "CUDA error"; ``line`` the line of output that shows it."""

    complaint: Complaint
    name: str
    line: str


_GPU_OUT_OF_MEMORY: Final = (
    ("{api} out of memory", r"(?P<api>CUDA|HIP) out of memory(?:\.| occurred)"),
    ("CUDA out of memory", r"cudaMalloc failed: out of memory"),
    ("{api} out of memory", r"(?P<api>CUDA|HIP|ROCm|MUSA)(?: \w+)? error: out of memory"),
    # What cuBLAS says when there is no room for its workspace, by number and in words.
    ("CUDA out of memory", r"CUDA error: (?:CUBLAS_STATUS_ALLOC_FAILED|the resource allocation failed)"),
    ("{api} out of memory", r"Triton Error \[(?P<api>CUDA|HIP)\]: .{0,80}out of memory"),
    ("CUDA out of memory", r"Cuda failure (?:\d+ )?'out of memory'"),
    ("Vulkan out of memory", r"ErrorOutOfDeviceMemory"),
    ("GPU out of memory", r"Free memory on device .{0,80}is less than desired GPU memory utilization"),
    ("GPU out of memory", r"No available memory for the cache blocks|larger than the available KV [Cc]ache memory"),
)
_GPU_ERROR: Final = (
    ("{api} error", r"(?P<api>CUDA|HIP|ROCm|MUSA)(?: \w+)? error: \S"),
    ("{api} error", r"Triton Error \[(?P<api>CUDA|HIP)\]: "),
    # The same words in a warning mean that PyTorch goes on without a GPU.
    ("CUDA error", r"RuntimeError: (?:No CUDA GPUs are available|Found no NVIDIA driver|CUDA driver initialization failed)"),
    ("CUDA error", r"RuntimeError: CUDA unknown error"),
    ("CUDA error", r"cuDNN error: CUDNN_STATUS_"),
    ("Vulkan error", r"ErrorDeviceLost"),
    ("GPU error", r"Memory access fault by GPU"),
    ("CUDA error", r"unhandled cuda error|Call to CUDA function failed"),
    ("{api} error", r"ggml-cuda\.cu:\d+: !?\"?(?P<api>CUDA|ROCm|MUSA) error"),
)
_OUT_OF_MEMORY: Final = (
    ("out of memory", r"ggml_aligned_malloc: insufficient memory"),
    ("out of memory", r"failed to allocate CPU buffer|unable to allocate CPU buffer"),
    ("out of memory", r"DefaultCPUAllocator: (?:can't allocate|not enough) memory"),
    ("out of memory", r"std::bad_alloc"),
    ("out of memory", r"\b(?:_Array)?MemoryError(?::|$)"),
    ("out of memory", r"\[Errno 12\] Cannot allocate memory"),
    ("out of memory", r"killed due to the node running low on memory"),
)
_PATTERNS: Final = tuple(
    (complaint, name, re.compile(pattern))
    for complaint, patterns in (
        (Complaint.GPU_OUT_OF_MEMORY, _GPU_OUT_OF_MEMORY),
        (Complaint.GPU_ERROR, _GPU_ERROR),
        (Complaint.OUT_OF_MEMORY, _OUT_OF_MEMORY),
    )
    for name, pattern in patterns
)
_TELLING: Final = re.compile(r"memory|Memory|[Ee]rror|failure|failed|fault|bad_alloc")
_GOES_ON: Final = re.compile(r"pinned memory")


def find_evidence(output: str) -> Evidence | None:
    """The most telling complaint in ``output``, its last line of several that say the same; None where there is none."""
    lines = [line for line in reversed(output.splitlines()) if _TELLING.search(line) and not _GOES_ON.search(line)]
    for complaint, name, pattern in _PATTERNS:
        for line in lines:
            if found := pattern.search(line):
                return Evidence(complaint, name.format(**found.groupdict()), _quote(line, found.start()))
    return None


def _quote(line: str, start: int) -> str:
    """The line, or from the complaint on where it is long."""
    text = line if len(line) <= LONGEST_QUOTE else line[start:]
    return " ".join(text[:LONGEST_QUOTE].split()).strip("│ ")
