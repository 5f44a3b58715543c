"""The complaints of llama.cpp, vLLM, PyTorch and what they stand on, in the words that they print (PM-SUP-9)."""

import pytest

from pool_managerd.domain.evidence import LONGEST_QUOTE, Complaint, find_evidence

ILLEGAL_ACCESS = """\
/llama.cpp/ggml/src/ggml-cuda/ggml-cuda.cu:75: CUDA error
CUDA error: an illegal memory access was encountered
  current device: 7, in function ggml_backend_cuda_synchronize at /llama.cpp/ggml/src/ggml-cuda/ggml-cuda.cu:2461
  cudaStreamSynchronize(cuda_ctx->stream())
./llama.cpp/llama-server(+0x751b7b)[0x5c5553040b7b]
/lib/x86_64-linux-gnu/libc.so.6(+0x2a1ca)[0x77c5c8e2a1ca]
"""

OLD_ILLEGAL_ACCESS = """\
  cudaDeviceSynchronize()
GGML_ASSERT: /src/llama.cpp/ggml-cuda.cu:244: !"CUDA error"
"""

STAMPED = """\
53.26.801.941 E CUDA error: an illegal memory access was encountered
53.26.801.943 E   current device: 0, in function ggml_backend_cuda_synchronize at /src/ggml/src/ggml-cuda/ggml-cuda.cu:3108
"""

NO_ROOM_FOR_MODEL = """\
load_tensors: loading model tensors, this can take a while... (mmap = true, direct_io = false)
ggml_backend_cuda_buffer_type_alloc_buffer: allocating 144817.04 MiB on device 0: cudaMalloc failed: out of memory
alloc_tensor_range: failed to allocate CUDA0 buffer of size 151851674624
llama_model_load: error loading model: unable to allocate CUDA0 buffer
"""

NO_ROOM_IN_POOL = """\
CUDA error: out of memory
  current device: 0, in function alloc at /src/ggml/src/ggml-cuda/ggml-cuda.cu:420
  ggml_cuda_device_malloc(&ptr, look_ahead_size, device)
/src/ggml/src/ggml-cuda/ggml-cuda.cu:88: CUDA error
"""

NO_ROOM_FOR_CUBLAS = """\
/src/ggml/src/ggml-cuda/ggml-cuda.cu:107: CUDA error
CUDA error: the resource allocation failed
  current device: 4, in function cublas_handle at /src/ggml/src/ggml-cuda/common.cuh:1260
"""

ROCM = """\
ggml_cuda_compute_forward: RMS_NORM failed
ROCm error: invalid device function
  current device: 0, in function ggml_cuda_compute_forward at /llama.cpp/ggml/src/ggml-cuda/ggml-cuda.cu:2313
  err
/llama.cpp/ggml/src/ggml-cuda/ggml-cuda.cu:72: ROCm error
"""

VULKAN_OOM = """\
ggml_vulkan: Device memory allocation of size 1879048192 failed.
ggml_vulkan: vk::Device::allocateMemory: ErrorOutOfDeviceMemory
llama_kv_cache_init: failed to allocate buffer for kv cache
"""

VULKAN_LOST = """\
terminate called after throwing an instance of 'vk::DeviceLostError'
  what():  vk::Queue::submit: ErrorDeviceLost
"""

HOST_MEMORY = """\
W common_fit_params: failed to fit params to free device memory: was unable to fit model into system memory, abort
E ggml_aligned_malloc: insufficient memory (attempted to allocate 21488.50 MB)
E ggml_backend_cpu_buffer_type_alloc_buffer: failed to allocate buffer of size 22532325376
E alloc_tensor_range: failed to allocate CPU buffer of size 22532325376
E llama_init_from_model: failed to initialize the context: failed to allocate buffer for kv cache
"""

BAD_ALLOC = """\
terminate called after throwing an instance of 'std::bad_alloc'
  what():  std::bad_alloc
"""

VLLM_ASSERT = """\
(EngineCore pid=339) ERROR 08-19 10:11:55 [core.py:1348]     self.copy_event.synchronize()
(EngineCore pid=339) ERROR 08-19 10:11:55 [core.py:1348] torch.AcceleratorError: CUDA error: device-side assert triggered
(EngineCore pid=339) ERROR 08-19 10:11:55 [core.py:1348] CUDA kernel errors might be asynchronously reported \
at some other API call, so the stacktrace below might be incorrect.
(EngineCore pid=339) ERROR 08-19 10:11:55 [core.py:1348] For debugging consider passing CUDA_LAUNCH_BLOCKING=1
(EngineCore pid=339) ERROR 08-19 10:11:55 [core.py:1348] Compile with `TORCH_USE_CUDA_DSA` to enable device-side assertions.
(APIServer pid=1) ERROR 08-19 10:11:55 [async_llm.py:744] AsyncLLM output_handler failed.
(APIServer pid=1) ERROR 08-19 10:11:55 [async_llm.py:744] vllm.v1.engine.exceptions.EngineDeadError: EngineCore encountered \
an issue. See stack trace (above) for the root cause.
"""

VLLM_OOM = """\
(EngineCore_DP0 pid=104) ERROR 05-05 12:36:59 [core.py:718] torch.OutOfMemoryError: CUDA out of memory. Tried to allocate \
350.00 MiB. GPU 0 has a total capacity of 23.68 GiB of which 212.81 MiB is free. Including non-PyTorch memory, this process has \
22.9 GiB memory in use. Of the allocated memory 22.5 GiB is allocated by PyTorch.
(APIServer pid=1) RuntimeError: Engine core initialization failed. See root cause above. Failed core proc(s): {'Engine': 1}
"""

VLLM_NO_FREE_MEMORY = """\
(EngineCore pid=253) ValueError: Free memory on device cuda:0 (85.92/121.69 GiB) on startup is less than desired GPU memory \
utilization (0.92, 111.95 GiB). Decrease GPU memory utilization or reduce GPU memory used by other processes.
(APIServer pid=1) RuntimeError: Engine core initialization failed. See root cause above. Failed core proc(s): {'EngineCore': 1}
"""

NCCL = """\
(VllmWorker rank=3 pid=15164) ERROR 06-19 07:06:13 [executor.py:527] torch.distributed.DistBackendError: NCCL \
error in: /pytorch/torch/csrc/distributed/c10d/NCCLUtils.cpp:77, unhandled cuda error (run with NCCL_DEBUG=INFO for details)
(VllmWorker rank=3 pid=15164) ERROR 06-19 07:06:13 [executor.py:527] ncclUnhandledCudaError: Call to CUDA function failed.
(VllmWorker rank=3 pid=15164) ERROR 06-19 07:06:13 [executor.py:527] Last error:
"""

NCCL_OOM = (
    NCCL
    + """\
(VllmWorker rank=3 pid=15164) ERROR 06-19 07:06:13 [executor.py:527] Cuda failure 2 'out of memory'
"""
)

TORCH_CPU = """\
RuntimeError: [enforce fail at alloc_cpu.cpp:73] . DefaultCPUAllocator: can't allocate memory: you tried to allocate \
116813856768 bytes. Error code 12 (Cannot allocate memory)
If you encounter CUDA out of memory, try to set --tile with a smaller number.
"""

OOM, BROKEN, HOST = Complaint.GPU_OUT_OF_MEMORY, Complaint.GPU_ERROR, Complaint.OUT_OF_MEMORY


@pytest.mark.parametrize(
    ("output", "complaint", "name", "quoted"),
    [
        (ILLEGAL_ACCESS, BROKEN, "CUDA error", "CUDA error: an illegal memory access was encountered"),
        (OLD_ILLEGAL_ACCESS, BROKEN, "CUDA error", 'GGML_ASSERT: /src/llama.cpp/ggml-cuda.cu:244: !"CUDA error"'),
        (STAMPED, BROKEN, "CUDA error", "53.26.801.941 E CUDA error: an illegal memory access was encountered"),
        (NO_ROOM_FOR_MODEL, OOM, "CUDA out of memory", "cudaMalloc failed: out of memory"),
        (NO_ROOM_IN_POOL, OOM, "CUDA out of memory", "CUDA error: out of memory"),
        (NO_ROOM_FOR_CUBLAS, OOM, "CUDA out of memory", "CUDA error: the resource allocation failed"),
        (ROCM, BROKEN, "ROCm error", "ROCm error: invalid device function"),
        (VULKAN_OOM, OOM, "Vulkan out of memory", "ggml_vulkan: vk::Device::allocateMemory: ErrorOutOfDeviceMemory"),
        (VULKAN_LOST, BROKEN, "Vulkan error", "what(): vk::Queue::submit: ErrorDeviceLost"),
        (HOST_MEMORY, HOST, "out of memory", "ggml_aligned_malloc: insufficient memory (attempted to allocate 21488.50 MB)"),
        (BAD_ALLOC, HOST, "out of memory", "what(): std::bad_alloc"),
        (VLLM_ASSERT, BROKEN, "CUDA error", "torch.AcceleratorError: CUDA error: device-side assert triggered"),
        (VLLM_OOM, OOM, "CUDA out of memory", "CUDA out of memory. Tried to allocate 350.00 MiB. GPU 0 has a total capacity"),
        (VLLM_NO_FREE_MEMORY, OOM, "GPU out of memory", "Free memory on device cuda:0 (85.92/121.69 GiB) on startup"),
        (NCCL, BROKEN, "CUDA error", "ncclUnhandledCudaError: Call to CUDA function failed."),
        (NCCL_OOM, OOM, "CUDA out of memory", "Cuda failure 2 'out of memory'"),
        (
            TORCH_CPU,
            HOST,
            "out of memory",
            "DefaultCPUAllocator: can't allocate memory: you tried to allocate 116813856768 bytes",
        ),
    ],
)
def test_what_engines_print_at_their_end(output: str, complaint: Complaint, name: str, quoted: str) -> None:
    found = find_evidence(output)
    assert found is not None
    assert (found.complaint, found.name) == (complaint, name)
    assert quoted in found.line


@pytest.mark.parametrize(
    ("line", "complaint", "name"),
    [
        ("torch.cuda.OutOfMemoryError: CUDA out of memory.", OOM, "CUDA out of memory"),
        ("torch.OutOfMemoryError: HIP out of memory. Tried to allocate 978.00 MiB.", OOM, "HIP out of memory"),
        ("RuntimeError: CUDA out of memory occurred when warming up sampler with 256 dummy requests.", OOM, "CUDA out of memory"),
        ("RuntimeError: CUDA error: out of memory", OOM, "CUDA out of memory"),
        ("RuntimeError: CUDA driver error: out of memory", OOM, "CUDA out of memory"),
        ("  what():  [FT][ERROR] CUDA runtime error: out of memory /src/utils/allocator.h:220", OOM, "CUDA out of memory"),
        ("ROCm error: out of memory", OOM, "ROCm out of memory"),
        ("RuntimeError: CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`", OOM, "CUDA out of memory"),
        ("RuntimeError: Triton Error [CUDA]: out of memory", OOM, "CUDA out of memory"),
        ("RuntimeError: Triton Error [HIP]:  Code: 2, Messsage: out of memory", OOM, "HIP out of memory"),
        ("VM-0-16-ubuntu:392:494 [2] enqueue.cc:43 NCCL WARN Cuda failure 'out of memory'", OOM, "CUDA out of memory"),
        (
            "ValueError: No available memory for the cache blocks. Try increasing `gpu_memory_utilization`",
            OOM,
            "GPU out of memory",
        ),
        ("needed, which is larger than the available KV cache memory (5.17 GiB).", OOM, "GPU out of memory"),
        ("RuntimeError: HIP error: invalid device function", BROKEN, "HIP error"),
        ("RuntimeError: Triton Error [CUDA]: invalid argument", BROKEN, "CUDA error"),
        ("RuntimeError: No CUDA GPUs are available", BROKEN, "CUDA error"),
        ("RuntimeError: Found no NVIDIA driver on your system.", BROKEN, "CUDA error"),
        ("RuntimeError: CUDA driver initialization failed, you might not have a CUDA gpu.", BROKEN, "CUDA error"),
        ("RuntimeError: CUDA unknown error - this may be due to an incorrectly set up environment", BROKEN, "CUDA error"),
        ("RuntimeError: cuDNN error: CUDNN_STATUS_INTERNAL_ERROR", BROKEN, "CUDA error"),
        ("RuntimeError: NCCL error: unhandled cuda error (run with NCCL_DEBUG=INFO for details)", BROKEN, "CUDA error"),
        ("RuntimeError: Worker failed with error 'CUDA error: device-side assert triggered", BROKEN, "CUDA error"),
        ("Memory access fault by GPU node-1 (Agent handle: 0x55ac14d27600) on address 0x7f9587e00000.", BROKEN, "GPU error"),
        ("MemoryError", HOST, "out of memory"),
        ("numpy.core._exceptions._ArrayMemoryError: Unable to allocate 2.66 GiB", HOST, "out of memory"),
        ("OSError: [Errno 12] Cannot allocate memory", HOST, "out of memory"),
        ("ray.exceptions.OutOfMemoryError: Task was killed due to the node running low on memory.", HOST, "out of memory"),
        ("2 worker(s) were killed due to the node running low on memory.", HOST, "out of memory"),
        ("llama_model_load: error loading model: unable to allocate CPU buffer", HOST, "out of memory"),
    ],
)
def test_one_line_is_enough(line: str, complaint: Complaint, name: str) -> None:
    found = find_evidence(f"before\n{line}\nafter\n")
    assert found is not None
    assert (found.complaint, found.name, found.line) == (complaint, name, " ".join(line.split()))


@pytest.mark.parametrize(
    "line",
    [
        "",
        "main: server is listening on http://127.0.0.1:8080 - starting the main loop",
        "ggml_cuda_init: found 1 CUDA devices:",
        "load_tensors:        CUDA0 model buffer size =  4643.78 MiB",
        "ggml_cuda_host_malloc: failed to allocate 512.00 MiB of pinned memory: out of memory",
        "WARNING: failed to allocate 258.00 MB of pinned memory: out of memory",
        "W ggml_vulkan: failed to allocate pinned memory: ErrorOutOfDeviceMemory",
        "W warning: failed to mlock 807297024-byte buffer (after previously locking 0 bytes): Cannot allocate memory",
        "If you encounter CUDA out of memory, try to set --tile with a smaller number.",
        "UserWarning: CUDA initialization: CUDA unknown error - this may be due to an incorrectly set up environment",
        "UserWarning: CUDA initialization: Found no NVIDIA driver on your system.",
        "error loading model: unknown model architecture: 'foo'",
        "CUDA kernel errors might be asynchronously reported at some other API call",
    ],
)
def test_what_is_no_complaint_or_is_gone_on_from(line: str) -> None:
    assert find_evidence(line) is None


def test_the_most_telling_complaint_counts_wherever_it_is() -> None:
    follow_up = "terminate called after throwing an instance of 'std::bad_alloc'\nCUDA error: unspecified launch failure\n"
    found = find_evidence(f"cudaMalloc failed: out of memory\n{follow_up}")
    assert found is not None
    assert found.complaint is Complaint.GPU_OUT_OF_MEMORY


def test_of_several_that_say_the_same_the_last_is_quoted() -> None:
    found = find_evidence("CUDA error: misaligned address\nCUDA error: unspecified launch failure\n")
    assert found is not None
    assert found.line == "CUDA error: unspecified launch failure"


def test_a_long_line_is_quoted_from_the_complaint_on_and_within_bounds() -> None:
    found = find_evidence("x " * 1000 + "CUDA error: device-side assert triggered" + " y" * 1000)
    assert found is not None
    assert found.line.startswith("CUDA error: device-side assert triggered y")
    assert len(found.line) <= LONGEST_QUOTE


def test_the_frame_around_a_log_is_not_quoted() -> None:
    found = find_evidence("│ ERROR 09-27 06:46:46 RuntimeError: CUDA error: an illegal memory access was encountered      │")
    assert found is not None
    assert found.line == "ERROR 09-27 06:46:46 RuntimeError: CUDA error: an illegal memory access was encountered"
