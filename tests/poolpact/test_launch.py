import pytest

from poolpact.launch import InvalidLaunch, Launch, place_values


def test_placeholders_stand_for_what_a_start_makes_of_them() -> None:
    launch = Launch.parse("./daemon --listen {addr} 'a b' --port={port}", ["LISTEN_ON={host}", "KEY={token}"])
    values = place_values("127.0.0.1:9200") | {"token": "t"}
    assert launch.argv(values) == ["./daemon", "--listen", "127.0.0.1:9200", "a b", "--port=9200"]
    assert launch.environment(values) == {"LISTEN_ON": "127.0.0.1", "KEY": "t"}


def test_other_braces_stay_and_what_has_no_value_is_empty() -> None:
    launch = Launch.parse("""run '{"a": 1}' ${HOME} {unknown} {{port}} {token}""")
    assert launch.argv(place_values("127.0.0.1:1")) == ["run", '{"a": 1}', "${HOME}", "{unknown}", "{1}", ""]


def test_an_ipv6_address_is_split_at_its_last_colon() -> None:
    assert place_values("[::]:9200")["host"] == "[::]"


@pytest.mark.parametrize("command", ["", "  ", "'", "'' x", "a\0b"])
def test_a_command_that_is_none_is_refused(command: str) -> None:
    with pytest.raises(InvalidLaunch):
        Launch.parse(command)


@pytest.mark.parametrize("variable", ["", "NAME", "=x", "1A=x", "A B=x", "A=\0"])
def test_a_variable_that_is_none_is_refused(variable: str) -> None:
    with pytest.raises(InvalidLaunch):
        Launch.parse("true", [variable])
