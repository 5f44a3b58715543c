"""Two versions of an OpenAPI document compared, operation by operation."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from poolpact.diff.canonical import text, without_prose
from poolpact.diff.changes import BOTH, CONSUMERS, NEITHER, PROVIDERS, Change, Place, Side
from poolpact.diff.messages import request_changes, response_changes
from poolpact.diff.pair import Pair
from poolpact.diff.parameters import IN_PATH, Key, parameter_changes, parameters_of
from poolpact.diff.structure import METHODS

Node = Mapping[str, Any]

FILE = "openapi.yaml"
_Key = tuple[str, str]
_OF_ITEM = (*METHODS, "parameters", "servers")
_OF_OPERATION = ("operationId", "parameters", "requestBody", "responses", "security", "servers")
_OF_DOCUMENT = ("openapi", "info", "paths", "components", "security", "servers")


@dataclass(frozen=True)
class Operation:
    """One method of one path of a document."""

    method: str
    template: str
    document: Node

    @property
    def name(self) -> str:
        """As people write it."""
        return f"{self.method.upper()} {self.template}"

    @property
    def place(self) -> Place:
        """Where it is."""
        return Place(FILE, self.name, path=("paths", self.template, self.method))

    @property
    def item(self) -> Node:
        """The path item that it is part of."""
        item: Node = self.document["paths"][self.template]
        return item

    @property
    def node(self) -> Node:
        """What the document says of it."""
        node: Node = self.item[self.method]
        return node

    def parameters(self) -> dict[Key, tuple[Node, Place]]:
        """Its own and those of its path, each with its place."""
        found = parameters_of(self.template, self.item, self.node)
        return {key: (parameter, self._place_of(parameter, path)) for key, (parameter, path) in found.items()}

    def servers(self) -> list[Any]:
        """Where it is served."""
        said = (holder["servers"] for holder in (self.node, self.item, self.document) if holder.get("servers"))
        return [without_prose(server) for server in next(said, [{"url": "/"}])]

    @property
    def security(self) -> Any:
        """What the document says of who is let in."""
        return self.node.get("security", self.document.get("security", []))

    def ways_in(self) -> list[frozenset[str]]:
        """The ways to be let in, each as the set of credentials that it takes."""
        schemes = self.document.get("components", {}).get("securitySchemes", {})
        return [frozenset(_credential(schemes, name, scopes) for name, scopes in way.items()) for way in self.security or [{}]]

    def _place_of(self, parameter: Node, path: tuple[str, ...]) -> Place:
        home = ("paths", self.template, *(self.method if part == "" else part for part in path))
        return Place(FILE, self.name, f"{parameter['in']} parameter {parameter['name']}", path=home)


def operations_of(document: Node) -> dict[_Key, Operation]:
    """By method and path; the names of the parts of a path do not matter."""
    return {
        (method, IN_PATH.sub("{}", template)): Operation(method, template, document)
        for template, item in document["paths"].items()
        if template.startswith("/")
        for method in METHODS
        if method in item
    }


def operation_changes(pair: Pair, old: Node, new: Node) -> Iterator[Change]:
    """What changed from one document to the other; both as ``read_openapi`` gives them."""
    yield from pair.unknown(Place(FILE), old, new, *_OF_DOCUMENT)
    olds, news = operations_of(old), operations_of(new)
    moved = _moved(olds, news)
    for key in sorted(olds.keys() | news.keys(), key=lambda key: (key[1], key[0])):
        if key in moved.values():
            continue
        if key in moved:
            before, after = olds[key], news[moved[key]]
            yield Change(after.place, "moved", before.name, after.name, BOTH)
            yield from _of_operation(pair, before, after)
        elif key not in olds:
            yield Change(news[key].place, "new operation", breaks=PROVIDERS)
        elif key not in news:
            yield Change(olds[key].place, "operation removed", breaks=CONSUMERS)
        else:
            yield from _of_operation(pair, olds[key], news[key])


def _of_operation(pair: Pair, old: Operation, new: Operation) -> Iterator[Change]:
    place = new.place
    if old.node.get("operationId") != new.node.get("operationId"):
        yield Change(
            place.within("operationId"), "operationId", old.node.get("operationId"), new.node.get("operationId"), NEITHER
        )
    if text(old.servers()) != text(new.servers()):
        yield Change(place.within("servers"), "servers", old.servers(), new.servers(), BOTH)
    yield from _of_security(place, old, new)
    yield from parameter_changes(pair, place, old.parameters(), new.parameters())
    yield from request_changes(pair, place, old.node, new.node)
    yield from response_changes(pair, place, old.node["responses"], new.node["responses"])
    yield from pair.unknown(place, old.node, new.node, *_OF_OPERATION)
    yield from pair.unknown(place, old.item, new.item, *_OF_ITEM)


def _of_security(place: Place, old: Operation, new: Operation) -> Iterator[Change]:
    """Who is let in by credentials is let in where fewer of them are asked for as well."""
    olds, news = old.ways_in(), new.ways_in()
    refused = [way for way in olds if not any(other <= way for other in news)]
    let_in = [way for way in news if not any(other <= way for other in olds)]
    if refused or let_in:
        breaks: frozenset[Side] = (CONSUMERS if refused else NEITHER) | (PROVIDERS if let_in else NEITHER)
        yield Change(place.within("security"), "security", old.security, new.security, breaks)


def _credential(schemes: Node, name: str, scopes: list[str]) -> str:
    """A credential by what it is, not by the name that the document has for it."""
    scheme = without_prose({key: value for key, value in schemes.get(name, {"name": name}).items() if key != "bearerFormat"})
    return text([scheme, sorted(scopes)])


def _moved(olds: Mapping[_Key, Operation], news: Mapping[_Key, Operation]) -> dict[_Key, _Key]:
    """Operations that went from one path or method to another: those that kept their operationId."""
    gone = {olds[key].node.get("operationId"): key for key in olds.keys() - news.keys()}
    come = {news[key].node.get("operationId"): key for key in news.keys() - olds.keys()}
    return {gone[name]: come[name] for name in gone.keys() & come.keys() if name is not None}
