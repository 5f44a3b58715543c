"""Every sneaky way in which a Then can pass whatever happens is found, and no honest one is."""

from pathlib import Path
from textwrap import dedent, indent

import pytest

from ci.suite_lint import thens
from ci.suite_lint.finding import Finding
from tests.ci.suite_lint.small_suite import suite

GLUE = """
class Answer:
    status: int
    body: list[str]

    @property
    def guarded(self) -> int:
        expect(self.status == 200, "")
        return self.status

    def is_good(self) -> bool:
        return self.status == 200

    def must_be_good(self) -> None:
        expect(self.status == 200, "")

    async def must_stay_good(self) -> None:
        expect(self.status == 200, "")

    def each_good(self) -> None:
        for part in self.body:
            expect(part == "good", part)

    def nothing(self) -> None:
        pass


class World:
    time: Timekeeper

    def of(self, kind): ...


def answer_of(context: Any) -> Answer:
    return context.world.of(Answer)


def body_of(answer: Answer) -> list[str]:
    if answer.status != 200:
        raise AssertionError("")
    assert answer.body != []
    return answer.body


def parts_of(answer: Answer) -> list[str]:
    expect(bool(answer.body), "no part")
    return answer.body
"""
NEVER_FAILS = {
    "nothing": "pass",
    "a constant": "expect(True, '')",
    "a comparison with itself": "expect(answer.status == answer.status, '')",
    "or something that is always so": "expect(answer.status == 200 or True, '')",
    "a tuple": "assert (answer.status == 200, 'no')",
    "an assert of a constant": "assert True",
    "a length that is never negative": "expect(len(answer.body) >= 0, '')",
    "a method that is not called": "expect(answer.is_good, '')",
    "a method that is not called, as a truth": "expect(bool(answer.is_good), '')",
    "a comparison whose value nobody looks at": "answer.status == 200",
    "a call of what asserts nothing": "answer.nothing()",
    "a call of what asserts only in a loop": "answer.each_good()",
    "a coroutine that nobody awaits": "answer.must_stay_good()",
    "a coroutine as a condition": "expect(answer.must_stay_good(), '')",
    "a reference to what asserts": "answer.must_be_good",
    "a property that guards itself": "answer.guarded",
    "one branch": "if answer.status == 200:\n    answer.must_be_good()",
    "all branches but one": """
        if answer.status == 200:
            answer.must_be_good()
        elif answer.status == 404:
            pass
        else:
            expect(answer.status == 201, '')
        """,
    "an early return": "if answer.status == 404:\n    return\nanswer.must_be_good()",
    "an early return that is deep": "for part in answer.body:\n    if part:\n        return\nanswer.must_be_good()",
    "a loop": "for part in answer.body:\n    expect(part == 'a', '')",
    "a loop over the rest of what is there": """
        expect(bool(answer.body), '')
        for part in answer.body[1:]:
            expect(part == 'a', '')
        """,
    "a loop that is empty": "for part in ():\n    expect(part == 'a', '')",
    "a guard of a loop that does nothing": "expect(bool(answer.body), '')\nfor part in answer.body:\n    answer.nothing()",
    "a guard in the function of a loop that does nothing": "for part in parts_of(answer):\n    answer.nothing()",
    "a guard that comes too late": "for part in answer.body:\n    expect(part == 'a', '')\n    break\nanswer.nothing()",
    "a loop that goes on before": """
        expect(bool(answer.body), '')
        for part in answer.body:
            continue
            expect(part == 'a', '')
        """,
    "a while": "while answer.status == 201:\n    answer.must_be_good()",
    "a comprehension": "[expect(part == 'a', '') for part in answer.body]",
    "a generator that nobody asks": "(expect(part == 'a', '') for part in (1, 2))",
    "what comes after an or": "answer.status == 200 or expect(False, '')\n",
    "a conditional expression": "answer.must_be_good() if answer.body else None",
    "a lambda": "lambda: answer.must_be_good()",
    "a nested function": "def check() -> None:\n    answer.must_be_good()",
    "a caught AssertionError": "try:\n    answer.must_be_good()\nexcept AssertionError:\n    pass",
    "a caught Exception": "try:\n    answer.must_be_good()\nexcept (ValueError, Exception):\n    answer.nothing()",
    "everything caught": "try:\n    answer.must_be_good()\nexcept:\n    pass",
    "an error before it, caught": "try:\n    int(answer.body[0])\n    answer.must_be_good()\nexcept ValueError:\n    pass",
    "suppressed": "with suppress(AssertionError):\n    answer.must_be_good()",
    "suppressed, by another name": "with contextlib.suppress(ValueError, AssertionError):\n    answer.must_be_good()",
    "an error before it, suppressed": "with suppress(ValueError):\n    int(answer.body[0])\n    answer.must_be_good()",
    "a return in a finally": "try:\n    answer.must_be_good()\nfinally:\n    return",
    "raised and caught": "try:\n    raise AssertionError('')\nexcept AssertionError:\n    pass",
    "a match without the rest": "match answer.status:\n    case 200:\n        answer.must_be_good()",
    "waiting for what is always so": "await context.world.time.until(lambda: True, within=1.0, what='')",
    "waiting through what is always so": """
        async def check() -> bool:
            return True
        await context.world.time.throughout(check, seconds=1.0, what='')
        """,
    "waiting that nobody waits for": "context.world.time.until(answer.is_good, within=1.0, what='')",
    "a reading that nobody looks at": "parts = parts_of(answer)",
    "a reading that only something harmless looks at": "str(answer.must_be_good())",
    "a reading that raises": "parts = body_of(answer)",
    "a reading in a condition": "answer.must_be_good() and answer.nothing()",
    "none of none": "expect(not [part for part in answer.body if part == 'a'], '')",
    "none of none, by name": "wrong = [part for part in answer.body if part == 'a']\nexpect(not wrong, '')",
    "all of none": "expect(all(part == 'a' for part in answer.body), '')",
    "another error": "if answer.status != 200:\n    raise ValueError('')",
}
CAN_FAIL = {
    "expect": "expect(answer.status == 200, '')",
    "assert": "assert answer.status == 200",
    "a conditional raise": "if answer.status != 200:\n    raise AssertionError('')",
    "always": "raise AssertionError('')",
    "a call": "answer.must_be_good()",
    "a coroutine": "await answer.must_stay_good()",
    "a coroutine that is awaited later": "good = answer.must_stay_good()\nawait good",
    "coroutines together": "await asyncio.gather(answer.must_stay_good(), answer.must_stay_good())",
    "both branches": "if answer.body:\n    answer.must_be_good()\nelse:\n    expect(answer.status == 404, '')",
    "an early return after it": "answer.must_be_good()\nif answer.body:\n    return\nanswer.nothing()",
    "a guarded loop": "expect(bool(answer.body), '')\nfor part in answer.body:\n    expect(part == 'a', '')",
    "a guarded loop over the first": """
        expect(len(answer.body) > 0, '')
        for part in answer.body[:2]:
            expect(part == 'a', '')
        """,
    "a guarded result": "for part in parts_of(answer):\n    expect(part == 'a', '')",
    "a loop over what is written there": "for each in (answer, answer):\n    each.must_be_good()",
    "one of some trials": "for _ in range(3):\n    if answer.is_good():\n        return\nraise AssertionError('')",
    "a loop that is never over": "while True:\n    answer.must_be_good()\n    if answer.body:\n        return",
    "an AssertionError raised again": "try:\n    answer.must_be_good()\nexcept AssertionError:\n    raise",
    "an AssertionError with more words": """
        try:
            answer.must_be_good()
        except AssertionError as error:
            raise AssertionError('') from error
        """,
    "another error made one": "try:\n    int(answer.body[0])\nexcept ValueError:\n    raise AssertionError('') from None",
    "other errors caught": "try:\n    answer.must_be_good()\nexcept ValueError:\n    raise AssertionError('') from None",
    "a finally": "try:\n    answer.nothing()\nfinally:\n    answer.must_be_good()",
    "a match with the rest": """
        match answer.status:
            case 200:
                answer.must_be_good()
            case _:
                expect(answer.body == [], '')
        """,
    "waiting": "await context.world.time.until(answer.is_good, within=1.0, what='')",
    "waiting through": """
        async def check() -> bool:
            return answer.is_good()
        await context.world.time.throughout(check, seconds=1.0, what='')
        """,
    "waiting for what is looked at": """
        async def ready() -> bool:
            return await context.world.time.until(answer.is_good, within=1.0, what='')
        print(await ready())
        """,
    "a reading that is handed on": "def read() -> None:\n    return answer.must_be_good()\nread()",
    "waiting for work": "await context.world.time.complete(answer.must_stay_good(), within=1.0, what='')",
    "a nested function that is called": "def check() -> None:\n    answer.must_be_good()\ncheck()",
    "none of some": "wrong = [part for part in parts_of(answer) if part == 'a']\nexpect(not wrong, '')",
    "all of some": "expect(all(part == 'a' for part in ('a', answer.body[0])), '')",
    "none of some that are counted": "expect(bool(answer.body) and not [part for part in answer.body if part == 'a'], '')",
    "by way of the context": "context.kept.must_be_good()",
}
FEATURE = "Rule: R\n  Scenario: S\n    Then it is good\n"


def lint(folder: Path, body: str) -> list[Finding]:
    steps = f"""
@then("it is good")
async def step_good(context: Any) -> None:
    answer = answer_of(context)
{indent(dedent(body), "    ")}

@then("it is kept")
def step_keep(context: Any) -> None:
    context.kept = answer_of(context)
"""
    return list(thens.check(suite(folder, steps=steps, feature=FEATURE, glue=GLUE)))


@pytest.mark.parametrize("case", NEVER_FAILS)
def test_a_then_that_cannot_fail_is_found(case: str, tmp_path: Path) -> None:
    (found,) = lint(tmp_path, NEVER_FAILS[case])
    assert "'it is good' asserts nothing" in found.what
    lines = (tmp_path / "steps" / "own.py").read_text(encoding="utf-8").splitlines()
    assert lines[found.line - 1] == '@then("it is good")'


@pytest.mark.parametrize("case", CAN_FAIL)
def test_a_then_that_can_fail_is_not(case: str, tmp_path: Path) -> None:
    assert lint(tmp_path, CAN_FAIL[case]) == []


def test_a_list_of_names_in_a_sentence_has_one(tmp_path: Path) -> None:
    steps = """
    @then("pools {names:Names} are there")
    def step_there(context: Any, names: list[str]) -> None:
        there(names)

    @then("words {names} are there")
    def step_words(context: Any, names: list[str]) -> None:
        there(names)
    """
    glue = "def there(names: list[str]) -> None:\n    for name in names:\n        expect(name == 'a', name)\n"
    feature = 'Rule: R\n  Scenario: S\n    Then pools "a" and "b" are there\n    And words x are there\n'
    (found,) = thens.check(suite(tmp_path, steps=steps, feature=feature, glue=glue))
    assert "'words {names} are there' asserts nothing where there (glue.py:" in found.what


def test_of_an_absence_no_more_is_asked_than_that_nothing_is_there(tmp_path: Path) -> None:
    steps = """
    @then("it is good")
    @absent
    def step_good(context: Any) -> None:
        answer = answer_of(context)
        wrong = [part for part in answer.body if part == "a"]
        expect(not wrong, "")
    """
    assert list(thens.check(suite(tmp_path, steps=steps, feature=FEATURE, glue=GLUE))) == []


def test_a_given_need_not_fail(tmp_path: Path) -> None:
    steps = '@given("a pool")\ndef step_pool(context: Any) -> None:\n    pass\n'
    assert list(thens.check(suite(tmp_path, steps=steps, feature="Rule: R\n  Scenario: S\n    Given a pool\n"))) == []


def test_a_function_that_calls_itself_ends(tmp_path: Path) -> None:
    glue = GLUE + "\ndef again() -> None:\n    again()\n"
    steps = '@then("it is good")\ndef step_good(context: Any) -> None:\n    again()\n'
    assert len(list(thens.check(suite(tmp_path, steps=steps, feature=FEATURE, glue=glue)))) == 1


def test_arguments_that_are_given_are_some(tmp_path: Path) -> None:
    glue = GLUE + "\ndef each(*words: str) -> None:\n    for word in words:\n        expect(word == 'a', word)\n"
    steps = '@then("it is good")\ndef step_good(context: Any) -> None:\n    each({})\n'
    assert list(thens.check(suite(tmp_path, steps=steps.format("'a', 'b'"), feature=FEATURE, glue=glue))) == []
    assert len(list(thens.check(suite(tmp_path, steps=steps.format(""), feature=FEATURE, glue=glue)))) == 1
