"""What of the manager's environment an engine gets to see (PM-AUTH-5), and which devices."""

import re
from collections.abc import Mapping

NONCE_VARIABLE = "POOL_MANAGERD_ENGINE_NONCE"
"""Names the incarnation in the environment of an engine and of everything it starts."""

_NAMES = frozenset(
    {
        "PATH", "HOME", "USER", "LOGNAME", "LANG", "LANGUAGE", "TZ", "TMPDIR",
        "LD_LIBRARY_PATH", "XDG_RUNTIME_DIR", "XDG_CACHE_HOME", "SSL_CERT_FILE", "SSL_CERT_DIR",
        "HF_HOME", "HF_HUB_CACHE", "HF_HUB_OFFLINE", "TRANSFORMERS_CACHE", "TORCH_HOME", "TRITON_CACHE_DIR",
        "VLLM_CACHE_ROOT", "LLAMA_CACHE",
    }
)  # fmt: skip
_PREFIXES = ("LC_", "CUDA_", "NVIDIA_", "NCCL_", "ROCR_", "HIP_", "HSA_", "VK_", "GGML_", "OMP_")
_SECRET = re.compile(r"TOKEN|KEY|SECRET|PASSW|CREDENTIAL", re.IGNORECASE)
_INDEXED = re.compile(r"(?:GPU)?([0-9]+)", re.IGNORECASE | re.ASCII)


def engine_environment(source: Mapping[str, str], device_mask: str | None, nonce: str) -> dict[str, str]:
    """The environment of an engine: the allowed part of ``source``, its devices and its ``nonce``.

    ``device_mask`` becomes CUDA_VISIBLE_DEVICES, ``GPU0,GPU1`` as ``0,1``; an empty mask hides every device, None leaves
    what ``source`` says.
    """
    environment = {name: value for name, value in source.items() if _is_allowed(name)}
    # The setproctitle library, which vLLM uses, otherwise overwrites the memory behind /proc/<pid>/environ, nonce included.
    environment["SPT_NOENV"] = "1"
    environment[NONCE_VARIABLE] = nonce
    if device_mask is not None:
        environment["CUDA_VISIBLE_DEVICES"] = _visible_devices(device_mask)
        # An index means the same device here as in nvidia-smi.
        environment.setdefault("CUDA_DEVICE_ORDER", "PCI_BUS_ID")
    return environment


def _is_allowed(name: str) -> bool:
    return (name in _NAMES or name.startswith(_PREFIXES)) and not _SECRET.search(name)


def _visible_devices(mask: str) -> str:
    devices = (part.strip() for part in mask.split(","))
    return ",".join(indexed[1] if (indexed := _INDEXED.fullmatch(device)) else device for device in devices if device)
