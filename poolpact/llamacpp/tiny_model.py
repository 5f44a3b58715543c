"""A llama of random weights in half a megabyte, which any llama.cpp server loads in milliseconds.

Its text means nothing, but it is always printable: the first coordinate of every embedding is large, and every token that is no
printable character answers it with a very low score. So neither broken UTF-8 nor the end token is ever sampled.
"""

import random
from array import array
from pathlib import Path

from poolpact.llamacpp.gguf import Tensor, Value, write_gguf

WIDTH = 64
BLOCKS = 2
HEADS = 4
FEED_FORWARD = 128
CONTEXT = 4096
SPECIAL = ("<unk>", "<s>", "</s>")
SPECIAL_TYPES = (2, 3, 3)
BYTE_TYPE = 6
NORMAL_TYPE = 1
PRINTABLE = ("\u2581", *map(chr, range(0x21, 0x7F)))
"""The printable ASCII characters; the tokenizer's word for a space is U+2581."""
VOCABULARY = (*SPECIAL, *(f"<0x{byte:02X}>" for byte in range(256)), *PRINTABLE)
UNPRINTABLE = len(VOCABULARY) - len(PRINTABLE)
SPREAD = 0.02
LOUD = 8.0
NEVER = -1000.0
CHAT_TEMPLATE = "{% for message in messages %}{{ message['role'] }}: {{ message['content'] }}\n{% endfor %}assistant:"


def write_tiny_model(path: Path, seed: int = 0) -> None:
    """Write the model to ``path``; the same bytes for the same ``seed``."""
    write_gguf(path, _metadata(), _tensors(random.Random(seed)))  # noqa: S311 (weights, not secrets)


def _metadata() -> dict[str, Value]:
    return {
        "general.architecture": "llama",
        "general.name": "poolpact tiny",
        "general.file_type": 0,
        "llama.vocab_size": len(VOCABULARY),
        "llama.context_length": CONTEXT,
        "llama.embedding_length": WIDTH,
        "llama.block_count": BLOCKS,
        "llama.feed_forward_length": FEED_FORWARD,
        "llama.attention.head_count": HEADS,
        "llama.attention.head_count_kv": HEADS,
        "llama.attention.layer_norm_rms_epsilon": 1e-5,
        "llama.rope.dimension_count": WIDTH // HEADS,
        "tokenizer.ggml.model": "llama",
        "tokenizer.ggml.tokens": VOCABULARY,
        "tokenizer.ggml.scores": [0.0] * len(VOCABULARY),
        "tokenizer.ggml.token_type": [*SPECIAL_TYPES, *[BYTE_TYPE] * 256, *[NORMAL_TYPE] * len(PRINTABLE)],
        "tokenizer.ggml.unknown_token_id": 0,
        "tokenizer.ggml.bos_token_id": 1,
        "tokenizer.ggml.eos_token_id": 2,
        "tokenizer.chat_template": CHAT_TEMPLATE,
    }


def _tensors(source: random.Random) -> dict[str, Tensor]:
    def weights(width: int, rows: int) -> Tensor:
        return Tensor(width, rows, array("f", (source.gauss(0.0, SPREAD) for _ in range(width * rows))))

    def norm() -> Tensor:
        return Tensor(WIDTH, 1, array("f", [1.0] * WIDTH))

    tensors = {"token_embd.weight": _with_first_column(weights(WIDTH, len(VOCABULARY)), LOUD, len(VOCABULARY))}
    for number in range(BLOCKS):
        block = f"blk.{number}"
        tensors[f"{block}.attn_norm.weight"] = norm()
        for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
            tensors[f"{block}.{name}.weight"] = weights(WIDTH, WIDTH)
        tensors[f"{block}.ffn_norm.weight"] = norm()
        tensors[f"{block}.ffn_gate.weight"] = weights(WIDTH, FEED_FORWARD)
        tensors[f"{block}.ffn_up.weight"] = weights(WIDTH, FEED_FORWARD)
        tensors[f"{block}.ffn_down.weight"] = weights(FEED_FORWARD, WIDTH)
    tensors["output_norm.weight"] = norm()
    tensors["output.weight"] = _with_first_column(weights(WIDTH, len(VOCABULARY)), NEVER, UNPRINTABLE)
    return tensors


def _with_first_column(tensor: Tensor, value: float, rows: int) -> Tensor:
    for row in range(rows):
        tensor.values[row * tensor.width] = value
    return tensor
