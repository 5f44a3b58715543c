"""Every Then can fail."""

from collections.abc import Iterator

from ci.suite_lint.asserting import Asserting
from ci.suite_lint.finding import Finding
from ci.suite_lint.source import Class, Library
from ci.suite_lint.suite import Suite
from ci.suite_lint.types import Types


def check(suite: Suite) -> Iterator[Finding]:
    """Steps that are said after a Then and can end without having asserted anything."""
    types = Types(suite.library)
    world = _world(suite.library)
    if world is not None:
        types.on_context["world"] = world
    types.learn_context(suite.modules)
    asserting, of_absence = Asserting(types), Asserting(types, of_absence=True)
    for definition, keywords in suite.used.items():
        judge = of_absence if "absent" in definition.marks else asserting
        gap = judge.gap(definition.function, definition.filled) if "then" in keywords else None
        if gap is not None:
            way = ", ".join(map(str, gap.lines))
            where = f"{gap.name} ({gap.path.name}:{gap.line})"
            what = f"{definition.pattern!r} asserts nothing where {where} goes by line {way}"
            yield Finding(definition.path, definition.line, what, "a Then that cannot fail passes every subject")


def _world(library: Library) -> Class | None:
    module = library.module("poolpact.world")
    found = library.find(module, "World") if module is not None else None
    return found if isinstance(found, Class) else None
