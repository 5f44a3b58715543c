import struct
from array import array
from pathlib import Path

import pytest

from poolpact.llamacpp.gguf import ALIGNMENT, Tensor, write_gguf


def test_the_head_counts_what_follows_and_tensors_are_aligned(tmp_path: Path) -> None:
    path = tmp_path / "x.gguf"
    tensors = {"a": Tensor(3, 1, array("f", [1.0, 2.0, 3.0])), "b": Tensor(2, 2, array("f", [4.0, 5.0, 6.0, 7.0]))}
    write_gguf(path, {"k": "v"}, tensors)
    written = path.read_bytes()
    assert struct.unpack_from("<4sIQQ", written) == (b"GGUF", 3, 2, 1)
    assert len(written) % ALIGNMENT == 0
    assert struct.unpack_from("<3f", written, len(written) - 2 * ALIGNMENT) == (1.0, 2.0, 3.0)
    assert struct.unpack_from("<4f", written, len(written) - ALIGNMENT) == (4.0, 5.0, 6.0, 7.0)


@pytest.mark.parametrize(
    ("value", "encoded"),
    [
        (7, struct.pack("<II", 4, 7)),
        (0.5, struct.pack("<If", 6, 0.5)),
        ("ü", struct.pack("<IQ", 8, 2) + "ü".encode()),
        ([1, -2], struct.pack("<IIQii", 9, 5, 2, 1, -2)),
        ([0.5], struct.pack("<IIQf", 9, 6, 1, 0.5)),
        (["x"], struct.pack("<IIQQ", 9, 8, 1, 1) + b"x"),
    ],
)
def test_metadata_is_typed(
    tmp_path: Path, value: int | float | str | list[int] | list[float] | list[str], encoded: bytes
) -> None:
    path = tmp_path / "x.gguf"
    write_gguf(path, {"key": value}, {})
    head = struct.pack("<4sIQQ", b"GGUF", 3, 0, 1) + struct.pack("<Q", 3) + b"key"
    assert path.read_bytes().rstrip(b"\0") == (head + encoded).rstrip(b"\0")


@pytest.mark.parametrize("values", [array("f", [1.0]), array("d", [1.0, 2.0])])
def test_a_tensor_has_the_values_it_claims(values: "array[float]") -> None:
    with pytest.raises(ValueError, match="values of type"):
        Tensor(2, 1, values)
