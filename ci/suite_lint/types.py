"""What an expression is: as much of it as annotations and assignments tell, for following calls into the glue."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from ci.suite_lint.source import AnyFunction, Class, Function, Library, Module


@dataclass(frozen=True, slots=True)
class Many:
    """Several of something."""

    each: "Kind"


Kind = Class | Many | None
"""What is known of a value; None is nothing."""


@dataclass(slots=True)
class Scope:
    """The names inside a function. ``functions`` are the nested ones, ``pending`` the calls whose coroutine a name holds."""

    module: Module
    owner: Class | None
    kinds: dict[str, Kind] = field(default_factory=dict)
    functions: dict[str, AnyFunction] = field(default_factory=dict)
    pending: dict[str, ast.Call] = field(default_factory=dict)


@dataclass(slots=True)
class Types:
    """Tells kinds. ``on_context`` are the kinds of behave's context attributes; steps add what they assign."""

    library: Library
    on_context: dict[str, Kind] = field(default_factory=dict)
    _attributes: dict[tuple[Class, str], Kind] = field(default_factory=dict)

    def scope_of(self, function: Function, outer: Scope | None = None) -> Scope:
        """The names inside ``function``, as its annotations, assignments and loops tell."""
        scope = Scope(function.module, function.owner)
        if outer is not None:
            scope = Scope(outer.module, outer.owner, dict(outer.kinds), dict(outer.functions), dict(outer.pending))
        arguments = function.node.args
        for argument in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]:
            scope.kinds[argument.arg] = self.annotated(argument.annotation, function.module)
        if function.owner is not None and arguments.args:
            scope.kinds[arguments.args[0].arg] = function.owner
        for node in own_nodes(function.node):
            self._learn(node, scope)
        return scope

    def _learn(self, node: ast.AST, scope: Scope) -> None:
        if isinstance(node, AnyFunction):
            scope.functions[node.name] = node
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            scope.kinds[node.target.id] = self.annotated(node.annotation, scope.module)
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                self._assign(target, node.value, scope)
        elif isinstance(node, ast.NamedExpr):
            self._assign(node.target, node.value, scope)
        elif isinstance(node, ast.For | ast.AsyncFor | ast.comprehension) and isinstance(node.target, ast.Name):
            kind = self.kind(node.iter, scope)
            scope.kinds[node.target.id] = kind.each if isinstance(kind, Many) else None

    def _assign(self, target: ast.expr, value: ast.expr, scope: Scope) -> None:
        if isinstance(target, ast.Name):
            scope.kinds[target.id] = self.kind(value, scope)
            if isinstance(value, ast.Call):
                scope.pending[target.id] = value
        elif isinstance(target, ast.Tuple):
            kind = self.kind(value, scope)
            for each in target.elts:
                if isinstance(each, ast.Name):
                    scope.kinds[each.id] = kind.each if isinstance(kind, Many) else None

    def annotated(self, annotation: ast.expr | None, module: Module) -> Kind:
        """What an annotation says."""
        if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
            return self.annotated(ast.parse(annotation.value, mode="eval").body, module)
        if isinstance(annotation, ast.Name):
            found = self.library.find(module, annotation.id)
            return found if isinstance(found, Class) else None
        if isinstance(annotation, ast.BinOp):
            return self.annotated(annotation.left, module) or self.annotated(annotation.right, module)
        if isinstance(annotation, ast.Subscript):
            inner = annotation.slice.elts[-1] if isinstance(annotation.slice, ast.Tuple) else annotation.slice
            name = annotation.value.id if isinstance(annotation.value, ast.Name) else ""
            kind = self.annotated(inner, module)
            return kind if name in ("Awaitable", "Annotated", "Optional") else Many(kind)
        return None

    def kind(self, node: ast.expr, scope: Scope) -> Kind:
        """What ``node`` is."""
        match node:
            case ast.Name(id=name):
                return scope.kinds.get(name)
            case ast.Await(value=inner) | ast.Starred(value=inner) | ast.NamedExpr(value=inner):
                return self.kind(inner, scope)
            case ast.Attribute(value=base, attr=name):
                return self._attribute_of(base, name, scope)
            case ast.Call():
                return self._result(node, scope)
            case ast.Subscript(value=base, slice=index):
                kind = self.kind(base, scope)
                return kind if isinstance(index, ast.Slice) or not isinstance(kind, Many) else kind.each
            case ast.Tuple(elts=parts) | ast.List(elts=parts) if parts:
                return Many(self.kind(parts[0], scope))
            case ast.ListComp(elt=part):
                return Many(self.kind(part, self._inside(node, scope)))
            case ast.BoolOp(values=parts):
                return next((kind for part in parts if (kind := self.kind(part, scope))), None)
            case ast.IfExp(body=first, orelse=second):
                return self.kind(first, scope) or self.kind(second, scope)
        return None

    def _inside(self, node: ast.ListComp, scope: Scope) -> Scope:
        inner = Scope(scope.module, scope.owner, dict(scope.kinds), scope.functions, scope.pending)
        for generator in node.generators:
            self._learn(generator, inner)
        return inner

    def _attribute_of(self, base: ast.expr, name: str, scope: Scope) -> Kind:
        kind = self.kind(base, scope)
        if isinstance(kind, Class):
            return self.attribute(kind, name)
        return self.on_context.get(name) if isinstance(base, ast.Name) and base.id == "context" else None

    def attribute(self, owner: Class, name: str) -> Kind:
        """What the attribute or property ``name`` of ``owner`` is."""
        key = (owner, name)
        if key not in self._attributes:
            self._attributes[key] = None
            self._attributes[key] = self._declared(owner, name)
        return self._attributes[key]

    def _declared(self, owner: Class, name: str) -> Kind:
        method = self.library.method(owner, name)
        if method is not None:
            return self.annotated(method.node.returns, method.module) if method.is_property else None
        for node in owner.node.body:
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id == name:
                return self.annotated(node.annotation, owner.module)
            if isinstance(node, AnyFunction):
                kind = self._assigned_in(Function(owner.module, node, owner), name)
                if kind is not None:
                    return kind
        return next((kind for base in self.library.bases(owner) if (kind := self.attribute(base, name))), None)

    def _assigned_in(self, method: Function, name: str) -> Kind:
        scope: Scope | None = None
        for node in own_nodes(method.node):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
            for target in targets:
                if not (isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name)):
                    continue
                if target.attr != name or not method.node.args.args or target.value.id != method.node.args.args[0].arg:
                    continue
                if isinstance(node, ast.AnnAssign):
                    return self.annotated(node.annotation, method.module)
                scope = scope or self.scope_of(method)
                kind = self.kind(node.value, scope) if isinstance(node, ast.Assign) else None
                if kind is not None:
                    return kind
        return None

    def _result(self, call: ast.Call, scope: Scope) -> Kind:
        called = self.called(call.func, scope)
        if isinstance(called, Class):
            return called
        if called is None:
            return None
        kind = self.annotated(called.node.returns, called.module)
        return kind or self._handed_on(call, scope)

    def _handed_on(self, call: ast.Call, scope: Scope) -> Kind:
        """The result of ``world.of(Kind)`` and its like, which return what the function they are given makes."""
        for argument in call.args:
            given = self.called(argument, scope) if isinstance(argument, ast.Name) else None
            if isinstance(given, Class):
                return given
            if given is not None:
                return self.annotated(given.node.returns, given.module)
        return None

    def called(self, function: ast.expr, scope: Scope) -> Class | Function | None:
        """What ``function`` is when it is called."""
        if isinstance(function, ast.Name):
            nested = scope.functions.get(function.id)
            return Function(scope.module, nested) if nested else self.library.find(scope.module, function.id)
        if isinstance(function, ast.Attribute):
            kind = self.kind(function.value, scope)
            if isinstance(kind, Class):
                return self.library.method(kind, function.attr)
            if isinstance(function.value, ast.Name):
                found = self.library.find(scope.module, function.value.id)
                if isinstance(found, Class):
                    return self.library.method(found, function.attr)
                origin, name = scope.module.imports.get(function.value.id, ("", ""))
                module = self.library.module(origin if name is None else f"{origin}.{name}") if origin else None
                return self.library.find(module, function.attr) if module is not None else None
        return None

    def learn_context(self, modules: Mapping[str, Module] | list[Module]) -> None:
        """Learn what steps keep on behave's context."""
        for module in modules.values() if isinstance(modules, Mapping) else modules:
            for node in module.defined.values():
                if isinstance(node, AnyFunction):
                    self._learn_from_step(Function(module, node))

    def _learn_from_step(self, function: Function) -> None:
        scope = self.scope_of(function)
        for node in own_nodes(function.node):
            if isinstance(node, ast.Assign):
                for target in node.targets:
                    if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name) and target.value.id == "context":
                        kind = self.kind(node.value, scope)
                        if kind is not None:
                            self.on_context[target.attr] = kind


def own_nodes(function: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a function in the order of the source, less those inside nested functions, classes and lambdas."""
    for node in ast.iter_child_nodes(function):
        yield node
        if not isinstance(node, AnyFunction | ast.ClassDef | ast.Lambda):
            yield from own_nodes(node)
