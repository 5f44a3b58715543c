from pathlib import Path

import pytest

from poolpact.stub.errors import StubRefused
from poolpact.stub.file import read_stub_file
from poolpact.stub.operations import Operations

OPERATIONS = Operations.load()
WHOLE = """
pools:
  gpu-0: {state: ready, slots: 4, free: 2}
  gpu-1:
    state: loading
    ready-after: 3s
  gpu-2: &broken {state: failed, error: "CUDA, out of memory"}
  gpu-3: *broken
faults:
  - {call: status, delay: 3s, p: 0.1}
  - call: health
    reset: true
    times: 2
"""


def read(folder: Path, text: str | bytes) -> tuple[list[str], list[str]]:
    path = folder / "stub.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    pools, faults = read_stub_file(path, OPERATIONS)
    return [str(pool) for pool in pools], [str(fault) for fault in faults]


def test_a_file_says_what_the_flags_say(tmp_path: Path) -> None:
    assert read(tmp_path, WHOLE) == (
        [
            "gpu-0=ready,slots=4,free=2",
            "gpu-1=loading,slots=1,ready-after=3s",
            'gpu-2=failed,slots=1,error="CUDA, out of memory"',
            'gpu-3=failed,slots=1,error="CUDA, out of memory"',
        ],
        ["status:delay=3s,p=0.1", "health:reset,times=2"],
    )


@pytest.mark.parametrize("text", ["", "# nothing", "pools:", "faults: []", "pools: {}\nfaults:\n"])
def test_nothing_may_be_told(tmp_path: Path, text: str) -> None:
    assert read(tmp_path, text) == ([], [])


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("pools:\n  a: {state: ready\n  b: x\n", r":3: expected ',' or '}'"),
        ("pools:\n\t- a\n", r":2: .*"),
        ("a: \x01\n", r":1: special characters"),
        (b"pools:\n  a: \xff\n", r": not UTF-8"),
        ("pools: *gone\n", r":1: found undefined alias"),
        ("pools: &p [*p]\n", r": nested too deeply"),
        ("[" * 5000, r": nested too deeply"),
        ("pools: !!python/name:os.system {}\n", r":1: could not determine a constructor"),
        ("- 1\n", r":1: expected a mapping with pools and faults"),
        ("pools: {}\npool: {}\n", r":2: pool: there is no such member; there are pools and faults"),
        ("pools: [a]\n", r":1: pools: expected a mapping"),
        ("pools:\n  a: {state: ready}\n  a: {state: failed}\n", r":3: a is told twice"),
        ("pools:\n  a:\n    state: ready\n    state: failed\n", r":4: state is told twice"),
        ("pools: {}\nfaults: []\npools: {}\n", r":3: pools is told twice"),
        ("pools:\n  a: ready\n", r":2: pools.a: expected a mapping such as"),
        ("pools:\n  a: {1: 2}\n", r":2: pools.a: expected a mapping such as"),
        ("pools:\n  a:\n    state: ready\n    slots: '4'\n", r":4: pools.a.slots: input should be a valid integer"),
        ("pools:\n  a: {state: ready, slots: 2, free: 3}\n", r":2: pools.a: free=3 is more than slots=2"),
        ("pools:\n  a:\n    slots: 1\n", r":2: pools.a.state: field required"),
        ("pools:\n  7: {state: ready}\n", r":2: pools.7.pool_id: input should be a valid string"),
        ("faults: {}\nx", r":2: could not find expected ':'"),
        ("faults: {call: status}\n", r":1: faults: expected a list"),
        ("faults:\n  - status\n", r":2: faults.0: expected a mapping such as"),
        (
            "faults:\n  - {call: status, reset: true}\n  - {call: nix, reset: true}\n",
            r":3: faults.1.call: there is no call 'nix'",
        ),
        ("faults:\n  - call: status\n    reset: true\n    p: 2\n", r":4: faults.0.p: input should be less than"),
    ],
)
def test_what_does_not_fit_is_one_line_with_its_line(tmp_path: Path, text: str | bytes, why: str) -> None:
    with pytest.raises(StubRefused, match=r"stub\.yaml" + why) as refused:
        read(tmp_path, text)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(("name", "why"), [("missing.yaml", "No such file"), (".", "Is a directory")])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, name: str, why: str) -> None:
    with pytest.raises(StubRefused, match=why):
        read_stub_file(tmp_path / name, OPERATIONS)
