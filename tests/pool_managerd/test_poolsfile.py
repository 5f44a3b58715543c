"""pools.toml."""

from pathlib import Path

import pytest

from pool_managerd.domain.errors import InvalidPoolsFile
from pool_managerd.poolsfile import read_pools_file

EXAMPLE = Path(__file__).parents[2] / "docs" / "pools.example.toml"
LEAST = '[pools.p]\nbinary = "/opt/server"\nmodel = "m.gguf"\nport = 18080\n'


def read(folder: Path, text: str | bytes) -> dict[str, object]:
    path = folder / "pools.toml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return {engine.pool_id: engine.model_dump() for engine in read_pools_file(path)}


def refusal(folder: Path, text: str | bytes) -> str:
    with pytest.raises(InvalidPoolsFile) as refused:
        read(folder, text)
    message = str(refused.value)
    assert message.startswith(str(folder / "pools.toml"))
    assert "\n" not in message
    return message.removeprefix(f"{folder / 'pools.toml'}: ")


def test_the_least_that_a_pool_needs(tmp_path: Path) -> None:
    assert read(tmp_path, LEAST) == {
        "p": {
            "binary_path": "/opt/server",
            "flags": (),
            "host": "127.0.0.1",
            "port": 18080,
            "model_path": "m.gguf",
            "engine_version": "",
            "pool_id": "p",
            "replica_id": "r0",
            "device_mask": None,
            "slots_total": None,
            "health_path": "/health",
        }
    }


def test_the_example_is_right() -> None:
    first, second = read_pools_file(EXAMPLE)
    assert (first.pool_id, first.slots_total, first.device_mask) == ("gpu-0", 4, "0")
    assert first.flags == (
        *("--model", "/srv/models/llama-3.2-3b-instruct-q4_k_m.gguf"),
        *("--host", "127.0.0.1", "--port", "18080", "--parallel", "4", "--offline"),
    )
    assert (second.engine_version, second.model_path) == ("0.11.0", "Qwen/Qwen2.5-7B-Instruct")


def test_pools_keep_their_order(tmp_path: Path) -> None:
    text = "".join(f'[pools.{name}]\nbinary="/b"\nmodel="m"\nport={port}\n' for name, port in [("z", 1), ("a", 2), ("m", 3)])
    assert list(read(tmp_path, text)) == ["z", "a", "m"]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("{port}", "18080"),
        ("--url=http://{host}:{port}/{model}", "--url=http://127.0.0.1:18080/m.gguf"),
        ("{{port}}", "{{port}}"),
        ('{"a": {"b": 1}}', '{"a": {"b": 1}}'),
        ("{PORT}", "{PORT}"),
        ("{}", "{}"),
    ],
)
def test_placeholders_are_filled_in_and_other_braces_are_left(tmp_path: Path, written: str, meant: str) -> None:
    engines = read(tmp_path, f"{LEAST}flags = ['{written}']\n")
    assert engines["p"]["flags"] == (meant,)  # type: ignore[index]


def test_a_value_is_not_filled_in_twice(tmp_path: Path) -> None:
    engines = read(tmp_path, '[pools.p]\nbinary = "/b"\nmodel = "{port}"\nport = 1\nflags = ["{model}"]\n')
    assert engines["p"]["flags"] == ("{port}",)  # type: ignore[index]


def test_a_relative_binary_starts_at_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    assert read(tmp_path, LEAST.replace("/opt/server", "bin/server"))["p"]["binary_path"] == str(tmp_path / "bin/server")  # type: ignore[index]
    assert read(tmp_path, LEAST.replace("/opt/server", "~/server"))["p"]["binary_path"] == "/home/me/server"  # type: ignore[index]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no pools"),
        ("pools = 1", "no pools"),
        ("[pools]", "no pools"),
        ("[[pools]]\nbinary = '/b'", "no pools: give each a table of its own, [pools.NAME]"),
        ("[pool.p]", "unknown key 'pool' (did you mean 'pools'?)"),
        ("[pools]\np = 1", "pools.p is not a table: write [pools.p]"),
        ('[pools."../x"]', "[pools.../x]: a pool id is"),
        ("[pools.p]", "[pools.p] needs the key 'binary'"),
        (LEAST + "modle = 'x'", "[pools.p] unknown key 'modle' (did you mean 'model'?)"),
        (LEAST + "xyzzy = 1", "[pools.p] unknown key 'xyzzy' (known: binary, model,"),
        (LEAST.replace("18080", "0"), "[pools.p] port: input should be greater than or equal to 1"),
        (LEAST.replace("18080", '"18080"'), "[pools.p] port: input should be a valid integer"),
        (LEAST.replace('"/opt/server"', "1"), "[pools.p] binary: input should be a valid string"),
        (LEAST.replace('"/opt/server"', '""'), "[pools.p] binary: string should have at least 1 character"),
        (LEAST.replace('"m.gguf"', "1"), "[pools.p] model: input should be a valid string"),
        (LEAST + "slots = 0", "[pools.p] slots: input should be greater than or equal to 1"),
        (LEAST + "mask = 0", "[pools.p] mask: input should be a valid string"),
        (LEAST + "flags = ['a', 1]", "[pools.p] flags[1]: input should be a valid string"),
        (LEAST + "flags = 'a b'", "[pools.p] flags: input should be a valid tuple"),
        (LEAST + "flags = ['{prot}']", "[pools.p] flags: unknown placeholder {prot}; there are {host}, {port}, {model}, {slots}"),
        (LEAST + "flags = ['{slots}']", "[pools.p] flags: {slots} needs the key 'slots'"),
        (LEAST + LEAST.replace("pools.p", "pools.q"), "[pools.q] port: 18080 is already taken by [pools.p]"),
        (LEAST + LEAST, "not TOML: Cannot declare"),
        ("[pools.p\n", "not TOML: Expected ']'"),
        ("a = " + "[" * 100_000, "not TOML"),
        (b"\xff", "not UTF-8"),
    ],
)
def test_a_mistake_is_told_in_one_line_with_its_place(tmp_path: Path, text: str | bytes, message: str) -> None:
    assert refusal(tmp_path, text).startswith(message)


def test_a_syntax_error_has_its_line(tmp_path: Path) -> None:
    assert "line 3" in refusal(tmp_path, "[pools.p]\nport = 1\nmodel =\n")


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(InvalidPoolsFile, match="No such file"):
        read_pools_file(tmp_path / "none.toml")
    with pytest.raises(InvalidPoolsFile, match="Is a directory"):
        read_pools_file(tmp_path)
