"""The document that schemas are part of: it follows their references and says what they allow."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import jsonschema
from jsonschema import Draft202012Validator
from referencing.exceptions import Unresolvable

from poolpact.contract.document import at_pointer
from poolpact.diff.canonical import is_prose, text, without_prose
from poolpact.diff.errors import CannotCompare

_CHECKER = Draft202012Validator.FORMAT_CHECKER


class Source:
    """One document with references into itself only."""

    def __init__(self, document: Mapping[str, Any], name: str) -> None:
        self.document = document
        self.name = name
        self._validator = Draft202012Validator(document, format_checker=_CHECKER)
        self._sound: set[str] = set()

    def resolve(self, reference: Any) -> Any:
        """What a reference points at; raises CannotCompare."""
        if not isinstance(reference, str) or not reference.startswith("#"):
            raise CannotCompare(f"{self.name}: $ref {reference!r} is not a place in the document")
        try:
            return at_pointer(self.document, reference.removeprefix("#"))
        except LookupError:
            raise CannotCompare(f"{self.name}: $ref {reference} leads nowhere") from None

    def schema_at(self, reference: str) -> Any:
        """The schema that a reference points at; raises CannotCompare when it is none."""
        schema = self.resolve(reference)
        self.check_schema(schema, reference)
        return schema

    def check_schema(self, schema: Any, place: str) -> None:
        """Raise CannotCompare unless ``schema`` is a JSON Schema."""
        key = text(schema)
        if key in self._sound:
            return
        try:
            Draft202012Validator.check_schema(schema, format_checker=_CHECKER)
        except jsonschema.SchemaError as error:
            where = "".join(f"/{part}" for part in error.absolute_path)
            raise CannotCompare(f"{self.name}: {place}{where} is not a JSON Schema: {error.message[:200]}") from None
        self._sound.add(key)

    def allows(self, schemas: Sequence[Any], value: Any) -> bool:
        """Whether all of ``schemas`` allow ``value``."""
        try:
            return bool(self._validator.evolve(schema={"allOf": list(schemas)}).is_valid(value)) if schemas else True
        except (Unresolvable, re.error) as error:
            raise CannotCompare(f"{self.name}: a schema cannot be used: {error}") from None

    def meaning(self, node: Any) -> str:
        """The same text for nodes that mean the same."""
        return text(self.meant(node))

    def meant(self, node: Any) -> Any:
        """``node`` with references followed, prose left out, and one order where order does not matter."""
        return without_prose(self.followed(node))

    def followed(self, node: Any, stop: frozenset[str] = frozenset(), trail: tuple[str, ...] = ()) -> Any:
        """``node`` with what its references point to, except below members named in ``stop`` and where a reference leads back."""
        if isinstance(node, list):
            return [self.followed(member, stop, trail) for member in node]
        if not isinstance(node, Mapping):
            return node
        reference = node.get("$ref")
        if isinstance(reference, str) and reference not in trail:
            target = self.followed(self.resolve(reference), stop, (*trail, reference))
            beside = {name: self.followed(member, stop, trail) for name, member in node.items() if name != "$ref"}
            return _joined(target, beside)
        return {name: member if name in stop else self.followed(member, stop, trail) for name, member in node.items()}


def _joined(target: Any, beside: dict[str, Any]) -> Any:
    """What a reference and its siblings say together: prose beside it goes before, the rest holds as well."""
    if not beside:
        return target
    if not isinstance(target, Mapping) or any(name in target and not is_prose(name) for name in beside):
        return {"allOf": [target, beside]}
    return {**target, **beside}
