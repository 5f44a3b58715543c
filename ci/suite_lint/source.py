"""Python source as the lint sees it: modules, and what a name in one of them means. Nothing is imported or run."""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

AnyFunction = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, eq=False, slots=True)
class Module:
    """One file. ``imports`` are by the name they have there: a module, and the name in it (None for the module itself)."""

    path: Path
    tree: ast.Module
    imports: dict[str, tuple[str, str | None]]
    defined: dict[str, ast.stmt]


@dataclass(frozen=True, slots=True)
class Class:
    """A class and where it is."""

    module: Module
    node: ast.ClassDef


@dataclass(frozen=True, slots=True)
class Function:
    """A function or method and where it is."""

    module: Module
    node: AnyFunction
    owner: Class | None = None

    @property
    def is_async(self) -> bool:
        """Whether calling it does nothing until that is awaited."""
        return isinstance(self.node, ast.AsyncFunctionDef)

    @property
    def is_property(self) -> bool:
        """Whether it is read and not called."""
        return any(isinstance(each, ast.Name) and each.id == "property" for each in self.node.decorator_list)


@dataclass(slots=True)
class Library:
    """The modules below ``roots``, read at first use."""

    roots: Sequence[Path]
    _modules: dict[Path, Module] = field(default_factory=dict)

    def read(self, path: Path) -> Module:
        """The module in a file."""
        if path not in self._modules:
            self._modules[path] = _read(path)
        return self._modules[path]

    def module(self, name: str) -> Module | None:
        """A module by its dotted name; None where it is not below the roots."""
        place = Path(*name.split("."))
        for root in self.roots:
            for path in (root / place.with_suffix(".py"), root / place / "__init__.py"):
                if path.is_file():
                    return self.read(path)
        return None

    def find(self, module: Module, name: str) -> Class | Function | None:
        """What ``name`` means in ``module``, imports followed."""
        node = module.defined.get(name)
        if isinstance(node, ast.ClassDef):
            return Class(module, node)
        if isinstance(node, AnyFunction):
            return Function(module, node)
        origin, its_name = module.imports.get(name, ("", None))
        source = self.module(origin) if its_name else None
        return self.find(source, its_name) if source is not None and its_name else None

    def method(self, owner: Class, name: str) -> Function | None:
        """A method or property of a class, inherited ones included."""
        for node in owner.node.body:
            if isinstance(node, AnyFunction) and node.name == name:
                return Function(owner.module, node, owner)
        for base in self.bases(owner):
            found = self.method(base, name)
            if found is not None:
                return found
        return None

    def bases(self, owner: Class) -> Iterator[Class]:
        """The classes below the roots that ``owner`` is directly derived from."""
        for base in owner.node.bases:
            found = self.find(owner.module, base.id) if isinstance(base, ast.Name) else None
            if isinstance(found, Class):
                yield found

    def is_assertion(self, module: Module, name: str) -> bool:
        """Whether ``name`` is AssertionError or a class derived from it."""
        if name == "AssertionError":
            return True
        found = self.find(module, name)
        if not isinstance(found, Class):
            return False
        return any(isinstance(base, ast.Name) and self.is_assertion(found.module, base.id) for base in found.node.bases)


def _read(path: Path) -> Module:
    tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
    imports: dict[str, tuple[str, str | None]] = {}
    defined: dict[str, ast.stmt] = {}
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            imports |= {alias.asname or alias.name: (node.module, alias.name) for alias in node.names}
        elif isinstance(node, ast.Import):
            imports |= {alias.asname or alias.name: (alias.name, None) for alias in node.names}
        elif isinstance(node, AnyFunction | ast.ClassDef):
            defined[node.name] = node
    return Module(path, tree, imports, defined)
