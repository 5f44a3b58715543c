"""Two versions of a request body and of the responses of an operation compared."""

from collections.abc import Iterator, Mapping
from typing import Any

from poolpact.diff.changes import ABSENT, BOTH, CONSUMERS, NEITHER, PROVIDERS, Change, Place, Side
from poolpact.diff.direction import Direction
from poolpact.diff.pair import Pair, changed
from poolpact.diff.parameters import fields

Node = Mapping[str, Any]
_Headers = Mapping[str, tuple[str, Node]]

_PROBLEM = "application/problem+json"
_MEDIA = ("schema",)


def request_changes(pair: Pair, place: Place, old: Node, new: Node) -> Iterator[Change]:
    """What changed in the request body of an operation; a body that it does not have is one without content."""
    body = place.within("requestBody", part="request body")
    before, after = old.get("requestBody", {}), new.get("requestBody", {})
    if before.get("required", False) != after.get("required", False):
        required = after.get("required", False)
        yield Change(body, "required", not required, required, CONSUMERS if required else PROVIDERS)
    olds, news = _content(before), _content(after)
    for media_type in _all(olds, news):
        at = body.within("content", media_type)
        if media_type not in olds:
            yield Change(at, "new content type", new=media_type, breaks=PROVIDERS)
        elif media_type not in news:
            yield Change(at, "content type removed", old=media_type, breaks=CONSUMERS)
        else:
            before_media, after_media = olds[media_type], news[media_type]
            yield from pair.schemas(at.within("schema"), _schema(before_media), _schema(after_media), Direction.REQUEST)
            yield from pair.unknown(at, before_media, after_media, *_MEDIA)
    yield from pair.unknown(body, before, after, "required", "content")


def response_changes(pair: Pair, place: Place, olds: Node, news: Node) -> Iterator[Change]:
    """What changed in the responses of an operation.

    A status is held against what covered it before (``4XX``, ``default``), if anything did.
    """
    for status in sorted({key for key in (*olds, *news) if not key.startswith("x-")}):
        at = place.within("responses", status, part=f"response {status}", status=status)
        before, after = _covering(olds, status), _covering(news, status)
        if before is None and after is not None:
            yield Change(at, "new status", new=status, breaks=_by_new_status(status, after))
        elif after is None and before is not None:
            yield Change(at, "status removed", old=status, breaks=BOTH if status.startswith("2") else PROVIDERS)
        elif before is not None and after is not None:
            yield from _of_response(pair, at, before, after)


def _of_response(pair: Pair, place: Place, old: Node, new: Node) -> Iterator[Change]:
    yield from _of_headers(pair, place, _headers(old), _headers(new))
    olds, news = _content(old), _content(new)
    for media_type in _all(olds, news):
        at = place.within("content", media_type, part=f"{place.part} body")
        if media_type not in olds:
            yield Change(at, "new content type", new=media_type, breaks=CONSUMERS if olds else PROVIDERS)
        elif media_type not in news:
            yield Change(at, "content type removed", old=media_type, breaks=BOTH)
        else:
            yield from _of_body(pair, at, media_type, olds[media_type], news[media_type])
    links = old.get("links", ABSENT), new.get("links", ABSENT)
    if pair.old.meaning(old.get("links", {})) != pair.new.meaning(new.get("links", {})):
        yield Change(place.within("links"), "links", *links, NEITHER)
    yield from pair.unknown(place, old, new, "headers", "content", "links")


def _of_body(pair: Pair, place: Place, media_type: str, old: Node, new: Node) -> Iterator[Change]:
    problem = media_type == _PROBLEM and place.status[:1] in ("4", "5")
    for difference in pair.differences(place.within("schema"), _schema(old), _schema(new)):
        change = changed(place.within("schema"), difference, Direction.ANSWER)
        if problem and difference.pointer == ("code",) and difference.what in ("enum", "const") and not difference.undecided:
            # A consumer must understand every problem document by its status: a code that is new takes nothing from it.
            change = Change(change.place, change.what, change.old, change.new, change.breaks - {Side.CONSUMERS})
        yield change
    yield from pair.unknown(place, old, new, *_MEDIA)


def _by_new_status(status: str, response: Node) -> frozenset[Side]:
    """A consumer must understand every refusal that is JSON; any other status may be one that it does not know."""
    refusal = status[0] in "45"
    content = _content(response)
    return NEITHER if refusal and content and all(media_type.endswith("json") for media_type in content) else CONSUMERS


def _of_headers(pair: Pair, place: Place, olds: _Headers, news: _Headers) -> Iterator[Change]:
    for key in sorted(olds.keys() | news.keys()):
        name, _ = news.get(key) or olds[key]
        at = place.within("headers", name, part=f"{place.part} header {name}")
        if key not in olds:
            required = news[key][1].get("required", False)
            what = "new required header" if required else "new optional header"
            yield Change(at, what, new=name, breaks=PROVIDERS if required else NEITHER)
        elif key not in news:
            yield Change(at, "header removed", old=name, breaks=CONSUMERS)
        else:
            old, new = olds[key][1], news[key][1]
            if old.get("required", False) != new.get("required", False):
                required = new.get("required", False)
                yield Change(at, "required", not required, required, PROVIDERS if required else CONSUMERS)
            yield from fields(pair, at, "simple", old, new, Direction.ANSWER)


def _covering(responses: Node, status: str) -> Node | None:
    found = next((key for key in (status, f"{status[0]}XX", "default") if key in responses), None)
    return None if found is None else responses[found]


def _headers(response: Node) -> _Headers:
    """By lower-case name; a Content-Type among them says nothing, ``content`` does."""
    named = {name.lower(): (name, header) for name, header in response.get("headers", {}).items()}
    named.pop("content-type", None)
    return named


def _content(holder: Node) -> dict[str, Node]:
    return {media_type.lower(): media for media_type, media in holder.get("content", {}).items()}


def _schema(media: Node) -> Any:
    return media.get("schema", True)


def _all(olds: Node, news: Node) -> list[str]:
    return sorted(olds.keys() | news.keys())
