import re
from pathlib import Path

import pytest

from poolpact.daemon.engines import BEHAVIOUR, engine_flags
from poolpact.engine.behaviour import Behaviour

FEATURES = Path(__file__).parents[3] / "features" / "daemon"


@pytest.mark.parametrize(
    ("phrase", "behaviour"),
    [
        ("loads for 0.2 seconds and has 2 slots", {"load": 0.2, "slots": 2}),
        ("stays loading until it is told", {"wait": True}),
        ("never listens, ignores SIGTERM and starts a child", {"mute": True, "ignore_term": True, "spawn_child": True}),
        ("exits with code 42 while loading", {"wait": True, "exit_after": 0.02, "exit_code": 42}),
        ("dies of SIGSEGV while loading", {"wait": True, "exit_after": 0.02, "exit_signal": 11}),
        ('prints "no such model" and exits with code 1 while loading', {"prints": ("no such model",), "exit_code": 1}),
        ("runs out of GPU memory", {"cuda_error": True}),
        ("listens from a child", {"listen_child": True}),
        ("has 1 slot", {"slots": 1}),
        ("tells no slots", {"props": False}),
    ],
)
def test_a_phrase_is_a_behaviour(phrase: str, behaviour: dict[str, object]) -> None:
    parsed = Behaviour.parse(engine_flags(phrase))._asdict()
    assert {name: parsed[name] for name in behaviour} == behaviour
    assert re.fullmatch(BEHAVIOUR, phrase)


@pytest.mark.parametrize("phrase", ["sings", "never listens and sings", ""])
def test_a_phrase_that_means_nothing_is_refused(phrase: str) -> None:
    with pytest.raises(ValueError, match="there is no engine that"):
        engine_flags(phrase)
    assert not re.fullmatch(BEHAVIOUR, phrase)


def test_every_engine_of_the_features_means_something() -> None:
    text = "\n".join(path.read_text(encoding="utf-8") for path in FEATURES.glob("*.feature"))
    phrases = [phrase for phrase in re.findall(r"an engine for pool \"[^\"]+\" that (.+)", text) if "<" not in phrase]
    assert phrases
    for phrase in phrases:
        if not phrase.startswith("is asked for its health"):
            assert engine_flags(phrase)
