"""What an OpenAPI document must look like to be compared; what its schemas look like is checked where they are used."""

from collections.abc import Mapping
from typing import Any, Final

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from poolpact.diff.canonical import is_prose
from poolpact.diff.errors import CannotCompare
from poolpact.diff.source import Source

METHODS: Final = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_SCHEMA: Final = {"type": ["object", "boolean"]}


def _object(*needed: str, **members: Any) -> dict[str, Any]:
    return {"type": "object", "required": list(needed), "properties": {**members, "$ref": False}}


def _named(value: Any, names: str = "") -> dict[str, Any]:
    return {"type": "object", "propertyNames": {"pattern": names}, "additionalProperties": value}


def _list(items: Any) -> dict[str, Any]:
    return {"type": "array", "items": items}


_TEXT: Final = {"type": "string"}
_FLAG: Final = {"type": "boolean"}
_CONTENT: Final = _named(_object(schema=_SCHEMA))
_HEADER: Final = _object(required=_FLAG, schema=_SCHEMA, content=_CONTENT)
_PARAMETER: Final = _object(
    *("name", "in"),
    name=_TEXT,
    required=_FLAG,
    schema=_SCHEMA,
    content=_CONTENT,
    **{"in": {"enum": ["path", "query", "header", "cookie"]}},
)
_RESPONSE: Final = _object(headers=_named(_HEADER), content=_CONTENT)
_SECURITY: Final = _list(_named(_list(_TEXT)))
_SERVERS: Final = _list(_object("url", url=_TEXT))
_OPERATION: Final = _object(
    "responses",
    operationId=_TEXT,
    parameters=_list(_PARAMETER),
    requestBody=_object("content", required=_FLAG, content=_CONTENT),
    responses=_named(_RESPONSE, r"^([1-5](\d\d|XX)|default|x-.*)$"),
    security=_SECURITY,
    servers=_SERVERS,
)
_DOCUMENT: Final = _object(
    *("openapi", "info", "paths"),
    info=_object("title", "version", title=_TEXT, version=_TEXT),
    paths=_named(_object(parameters=_list(_PARAMETER), servers=_SERVERS, **dict.fromkeys(METHODS, _OPERATION)), r"^(/|x-)"),
    security=_SECURITY,
    servers=_SERVERS,
    components=_object(securitySchemes=_named(_object("type", type=_TEXT))),
)
_VALIDATOR: Final = Draft202012Validator(_DOCUMENT)


def read_openapi(document: Any, name: str) -> Mapping[str, Any]:
    """The document with every reference followed but those in schemas; raises CannotCompare when it is no OpenAPI 3.1."""
    if not isinstance(document, Mapping) or not isinstance(document.get("openapi"), str):
        raise CannotCompare(f"{name}: not an OpenAPI document: it does not say which version of OpenAPI it follows")
    if not document["openapi"].startswith("3.1."):
        raise CannotCompare(f"{name}: it follows OpenAPI {document['openapi']}; only 3.1 can be compared")
    source = Source(document, name)
    plain: dict[str, Any] = {
        part: source.followed(content, frozenset({"schema"}) if part == "paths" else frozenset({"schemas", "schema"}))
        for part, content in document.items()
    }
    error = best_match(_VALIDATOR.iter_errors(plain))
    if error is not None:
        where = "".join(f"/{part}" for part in error.absolute_path) or "the document"
        raise CannotCompare(f"{name}: {where}: {error.message[:200]}")
    return plain


def rest(node: Mapping[str, Any], *known: str) -> dict[str, Any]:
    """What ``node`` says beside ``known`` members and prose."""
    return {name: member for name, member in node.items() if name not in known and not is_prose(name)}
