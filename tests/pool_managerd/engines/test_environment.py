import pytest

from pool_managerd.engines.environment import engine_environment

OURS = {"POOL_MANAGERD_ENGINE_NONCE": "n", "SPT_NOENV": "1"}


@pytest.mark.parametrize(
    "name",
    [
        "PATH",
        "HOME",
        "LC_ALL",
        "TZ",
        "TMPDIR",
        "LD_LIBRARY_PATH",
        "CUDA_HOME",
        "NVIDIA_VISIBLE_DEVICES",
        "ROCR_VISIBLE_DEVICES",
        "HIP_VISIBLE_DEVICES",
        "VK_ICD_FILENAMES",
        "XDG_RUNTIME_DIR",
        "HF_HOME",
    ],
)
def test_what_an_engine_needs_is_passed_on(name: str) -> None:
    assert engine_environment({name: "value"}, None, "n") == OURS | {name: "value"}


@pytest.mark.requirement("PM-AUTH-5")
@pytest.mark.parametrize(
    "name",
    [
        "POOL_MANAGERD_TOKEN",
        "POOL_MANAGERD_ADDR",
        "ORCHESTRATORD_ADDR",
        "HF_TOKEN",
        "CUDA_API_KEY",
        "NVIDIA_secret",
        "LC_PASSWORD",
        "VK_CREDENTIALS",
        "AWS_SECRET_ACCESS_KEY",
        "LD_PRELOAD",
        "LLAMA_ARG_HOST",
        "PYTHONPATH",
        "path",
        "XPATH",
        "POOL_MANAGERD_ENGINE_NONCE",
    ],
)
def test_secrets_settings_and_the_rest_are_not(name: str) -> None:
    assert engine_environment({name: "value"}, None, "n") == OURS


@pytest.mark.parametrize(
    ("mask", "visible"),
    [
        ("0", "0"),
        ("0,1", "0,1"),
        ("GPU0,GPU1", "0,1"),
        (" gpu3 , 1 ", "3,1"),
        ("GPU-8d1e8c5a-aaaa", "GPU-8d1e8c5a-aaaa"),
        ("MIG-8d1e,GPU2", "MIG-8d1e,2"),
        ("", ""),
        ("0,,1", "0,1"),
    ],
)
def test_the_mask_becomes_the_visible_devices(mask: str, visible: str) -> None:
    environment = engine_environment({"CUDA_VISIBLE_DEVICES": "7"}, mask, "n")
    assert environment == OURS | {"CUDA_VISIBLE_DEVICES": visible, "CUDA_DEVICE_ORDER": "PCI_BUS_ID"}


def test_without_a_mask_the_managers_devices_stay() -> None:
    assert engine_environment({"CUDA_VISIBLE_DEVICES": "7"}, None, "n") == OURS | {"CUDA_VISIBLE_DEVICES": "7"}


def test_the_operators_order_of_devices_stays() -> None:
    environment = engine_environment({"CUDA_DEVICE_ORDER": "FASTEST_FIRST"}, "0", "n")
    assert environment["CUDA_DEVICE_ORDER"] == "FASTEST_FIRST"
