"""The calls of the contract: by name, of a request, and what a refusal of each looks like."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from poolpact.contract import Contract
from poolpact.contract.document import at_pointer, load_document
from poolpact.faults import Reply

ANY = "any"
_ALSO = {"lease": "acquire_lease"}
_UNKNOWN = "as_told"
"""The code of a refusal that the contract does not know."""
_HEADERS: Mapping[int, Mapping[str, str]] = {
    401: {"www-authenticate": "Bearer"},
    429: {"retry-after": "1"},
}


class Operations:
    """The operations of an OpenAPI document, by their operationId."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document
        self._contract = Contract(document)
        self._calls: dict[tuple[str, str], str] = {
            (method, template): operation["operationId"]
            for template, methods in document["paths"].items()
            for method, operation in methods.items()
            if isinstance(operation, dict) and "operationId" in operation
        }

    @classmethod
    def load(cls) -> "Operations":
        """Those of contracts/openapi.yaml; raises InvalidContract."""
        return cls(load_document())

    @property
    def ids(self) -> frozenset[str]:
        """Every operationId."""
        return frozenset(self._calls.values())

    def named(self, name: str) -> frozenset[str]:
        """The operations called ``name``: an operationId, a word of a single one (``status``, ``renew``), or ``any``.

        Raises ValueError with the names that there are.
        """
        if name == ANY:
            return self.ids
        if name in self.ids:
            return frozenset({name})
        if name in _ALSO:
            return frozenset({_ALSO[name]})
        found = {each for each in self.ids if name in each.split("_")}
        if len(found) == 1:
            return frozenset(found)
        if found:
            raise ValueError(f"{name!r} may be {', '.join(sorted(found))}: say which")
        raise ValueError(f"there is no call {name!r}; there are {', '.join(sorted(self.ids))}, and {ANY}")

    def of(self, method: str, target: str) -> str | None:
        """The operation that a request asks for; None for what the contract does not serve."""
        template = self._contract.template_of(target)
        return None if template is None else self._calls.get((method.lower(), template))

    def refusal(self, operation: str, status: int) -> Reply:
        """An answer with ``status`` as the contract has it for ``operation``; where it has none, any problem document."""
        problem = {
            "type": "about:blank",
            "title": _title(status),
            "status": status,
            "code": self._code(operation, status),
            "detail": "the stub was told to answer so",
        }
        reply = Reply.of_json(status, problem, "application/problem+json")
        return Reply(status, {**reply.headers, **_HEADERS.get(status, {})}, reply.body)

    def _code(self, operation: str, status: int) -> str:
        [(method, template)] = [call for call, named in self._calls.items() if named == operation]
        answer = self._document["paths"][template][method]["responses"].get(str(status), {})
        if "$ref" in answer:
            answer = at_pointer(self._document, answer["$ref"].removeprefix("#"))
        try:
            codes = answer["content"]["application/problem+json"]["schema"]["properties"]["code"]["enum"]
        except KeyError:
            return _UNKNOWN
        return str(codes[0])


def _title(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Error"
