"""Write a GGUF file: llama.cpp's container of metadata and tensors, version 3, little-endian, 32-bit floats."""

import struct
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

VERSION = 3
ALIGNMENT = 32
UINT32, INT32, FLOAT32, STRING, ARRAY = 4, 5, 6, 8, 9
F32 = 0

Value = int | float | str | Sequence[int] | Sequence[float] | Sequence[str]


@dataclass(frozen=True)
class Tensor:
    """A matrix of ``rows`` of ``width`` values each, row after row; a vector has one row."""

    width: int
    rows: int
    values: "array[float]"

    def __post_init__(self) -> None:
        if self.values.typecode != "f" or len(self.values) != self.width * self.rows:
            raise ValueError(f"{len(self.values)} values of type {self.values.typecode!r} for {self.rows} rows of {self.width}")


def write_gguf(path: Path, metadata: Mapping[str, Value], tensors: Mapping[str, Tensor]) -> None:
    """Write ``tensors`` and ``metadata`` to ``path``; integers become uint32 alone and int32 in a sequence."""
    head = bytearray(b"GGUF" + struct.pack("<IQQ", VERSION, len(tensors), len(metadata)))
    for key, value in metadata.items():
        head += _string(key) + _typed(value)
    data = bytearray()
    for name, tensor in tensors.items():
        shape = [tensor.width] if tensor.rows == 1 else [tensor.width, tensor.rows]
        head += _string(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, F32, len(data))
        data += struct.pack(f"<{len(tensor.values)}f", *tensor.values)
        data += bytes(-len(data) % ALIGNMENT)
    head += bytes(-len(head) % ALIGNMENT)
    path.write_bytes(head + data)


def _string(text: str) -> bytes:
    encoded = text.encode()
    return struct.pack("<Q", len(encoded)) + encoded


def _typed(value: Value) -> bytes:
    if isinstance(value, str):
        return struct.pack("<I", STRING) + _string(value)
    if isinstance(value, int):
        return struct.pack("<II", UINT32, value)
    if isinstance(value, float):
        return struct.pack("<If", FLOAT32, value)
    kind, items = _items(value)
    return struct.pack("<IIQ", ARRAY, kind, len(value)) + items


def _items(values: Sequence[int] | Sequence[float] | Sequence[str]) -> tuple[int, bytes]:
    if all(isinstance(value, str) for value in values):
        return STRING, b"".join(_string(str(value)) for value in values)
    if all(isinstance(value, int) for value in values):
        return INT32, struct.pack(f"<{len(values)}i", *values)
    return FLOAT32, struct.pack(f"<{len(values)}f", *values)
