from pathlib import Path

from poolpact.llamacpp.tiny_model import UNPRINTABLE, VOCABULARY, write_tiny_model


def test_the_same_seed_writes_the_same_bytes(tmp_path: Path) -> None:
    one, two, other = tmp_path / "1", tmp_path / "2", tmp_path / "3"
    write_tiny_model(one)
    write_tiny_model(two)
    write_tiny_model(other, seed=1)
    assert one.read_bytes() == two.read_bytes() != other.read_bytes()
    assert one.stat().st_size < 600_000


def test_the_vocabulary_is_three_specials_every_byte_and_every_printable_character() -> None:
    assert len(VOCABULARY) == len(set(VOCABULARY)) == 354
    assert UNPRINTABLE == 259
    assert {"".join(VOCABULARY[UNPRINTABLE:]).replace("\u2581", " ")} == {"".join(map(chr, range(0x20, 0x7F)))}
