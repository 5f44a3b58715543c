"""What changes of an OpenAPI document mean, each read forwards and backwards."""

from typing import Any

import pytest

from poolpact.diff.changes import BOTH, CONSUMERS, NEITHER, PROVIDERS, Side
from poolpact.diff.errors import CannotCompare
from tests.poolpact.diff.documents import DOCUMENT, Edit, broken, changes, edited

PATH = "/pools/{pool_id}/preload"
PROBLEM = {"description": "no", "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}}


def post(document: dict[str, Any]) -> Any:
    return document["paths"][PATH]["post"]


def schemas(document: dict[str, Any]) -> Any:
    return document["components"]["schemas"]


def answers(document: dict[str, Any]) -> Any:
    return post(document)["responses"]


def ok(document: dict[str, Any]) -> Any:
    return answers(document)["200"]


def body(document: dict[str, Any]) -> Any:
    return post(document)["requestBody"]


def codes(document: dict[str, Any]) -> Any:
    conflict = document["components"]["responses"]["Conflict"]
    return conflict["content"]["application/problem+json"]["schema"]["properties"]["code"]["enum"]


def parameter(name: str, *, required: bool = False, where: str = "query") -> dict[str, Any]:
    return {"name": name, "in": where, "required": required, "schema": {"type": "string"}}


Breaks = frozenset[Side]

# name: the edit, whom it breaks, whom it breaks when it is taken back, where
CASES: dict[str, tuple[Edit, Breaks, Breaks, str]] = {
    "new operation": (
        lambda d: d["paths"].update({"/ready": {"get": {"responses": {"200": {"description": "yes"}}}}}),
        PROVIDERS,
        CONSUMERS,
        "GET /ready",
    ),
    "new method": (
        lambda d: d["paths"][PATH].update(delete={"responses": {"204": {"description": "gone"}}}),
        PROVIDERS,
        CONSUMERS,
        f"DELETE {PATH}",
    ),
    "a path is renamed": (
        lambda d: d["paths"].update({"/engines/{pool_id}": d["paths"].pop(PATH)}),
        BOTH,
        BOTH,
        "POST /engines/{pool_id}",
    ),
    "a path is renamed, and nothing says what it was": (
        lambda d: (post(d).pop("operationId"), d["paths"].update({"/pools/{pool_id}/load": d["paths"].pop(PATH)})),
        BOTH,
        BOTH,
        "",
    ),
    "a part of a path has another name": (
        lambda d: (
            d["paths"].update({"/pools/{id}/preload": d["paths"].pop(PATH)}),
            d["components"]["parameters"]["PoolId"].update(name="id"),
        ),
        NEITHER,
        NEITHER,
        "POST /pools/{id}/preload",
    ),
    "operationId": (lambda d: post(d).update(operationId="load"), NEITHER, NEITHER, f"POST {PATH}"),
    "another server": (lambda d: d.update(servers=[{"url": "http://127.0.0.1:9300"}]), BOTH, BOTH, "GET /health"),
    "a token where none was": (lambda d: d["paths"]["/health"]["get"].pop("security"), CONSUMERS, PROVIDERS, "GET /health"),
    "a token or a key": (lambda d: post(d).update(security=[{"token": []}, {"key": []}]), PROVIDERS, CONSUMERS, f"POST {PATH}"),
    "a token and a key": (lambda d: post(d).update(security=[{"token": [], "key": []}]), CONSUMERS, PROVIDERS, f"POST {PATH}"),
    "a token or nothing": (lambda d: post(d).update(security=[{"token": []}, {}]), PROVIDERS, CONSUMERS, f"POST {PATH}"),
    "another kind of token": (
        lambda d: d["components"]["securitySchemes"]["token"].update(scheme="basic"),
        BOTH,
        BOTH,
        f"POST {PATH}",
    ),
    "new optional parameter": (lambda d: post(d)["parameters"].append(parameter("after")), PROVIDERS, CONSUMERS, "after"),
    "new required parameter": (lambda d: post(d)["parameters"].append(parameter("after", required=True)), BOTH, BOTH, "after"),
    "new required header parameter": (
        lambda d: post(d)["parameters"].append(parameter("X-A", required=True, where="header")),
        BOTH,
        BOTH,
        "X-A",
    ),
    "a parameter is required": (lambda d: post(d)["parameters"][0].update(required=True), CONSUMERS, PROVIDERS, "Prefer"),
    "a parameter's range": (lambda d: post(d)["parameters"][1]["schema"].update(maximum=9), CONSUMERS, PROVIDERS, "limit"),
    "a path parameter's length": (
        lambda d: d["components"]["parameters"]["PoolId"]["schema"].update(maxLength=64),
        CONSUMERS,
        PROVIDERS,
        "path parameter pool_id",
    ),
    "a parameter's style": (lambda d: post(d)["parameters"][1].update(explode=False), BOTH, BOTH, "limit"),
    "a body that is optional": (lambda d: body(d).update(required=False), PROVIDERS, CONSUMERS, "request body"),
    "no body": (lambda d: post(d).pop("requestBody"), BOTH, BOTH, "request body"),
    "another content type of a request": (
        lambda d: body(d)["content"].update({"application/cbor": {}}),
        PROVIDERS,
        CONSUMERS,
        "request body",
    ),
    "a request's new optional member": (
        lambda d: schemas(d)["Request"]["properties"].update(tag={"type": "string"}),
        PROVIDERS,
        CONSUMERS,
        "/tag",
    ),
    "a request's member is required": (lambda d: schemas(d)["Request"]["required"].append("mode"), CONSUMERS, PROVIDERS, "/mode"),
    "a request's enum": (
        lambda d: schemas(d)["Request"]["properties"]["mode"]["enum"].append("off"),
        PROVIDERS,
        CONSUMERS,
        "/mode",
    ),
    "a request's range": (
        lambda d: schemas(d)["Request"]["properties"]["port"].update(maximum=1024),
        CONSUMERS,
        PROVIDERS,
        "/port",
    ),
    "a request without null": (
        lambda d: schemas(d)["Request"]["properties"]["mask"]["anyOf"].pop(),
        CONSUMERS,
        PROVIDERS,
        "/mask",
    ),
    "a request that is closed": (lambda d: schemas(d)["Request"].update(additionalProperties=False), CONSUMERS, PROVIDERS, "/*"),
    "an answer's new optional member": (
        lambda d: schemas(d)["Status"]["properties"].update(tag={"type": "string"}),
        NEITHER,
        CONSUMERS,
        "/tag",
    ),
    "an answer's new required member": (
        lambda d: (
            schemas(d)["Status"]["properties"].update(tag={"type": "string"}),
            schemas(d)["Status"]["required"].append("tag"),
        ),
        PROVIDERS,
        CONSUMERS,
        "/tag",
    ),
    "an answer's member is required": (lambda d: schemas(d)["Status"]["required"].append("url"), PROVIDERS, CONSUMERS, "/url"),
    "an answer's enum": (
        lambda d: schemas(d)["Status"]["properties"]["state"]["enum"].append("failed"),
        CONSUMERS,
        PROVIDERS,
        "/state",
    ),
    "an answer with null": (
        lambda d: schemas(d)["Status"]["properties"]["url"].update(type=["string", "null"]),
        CONSUMERS,
        PROVIDERS,
        "/url",
    ),
    "new status 201": (lambda d: answers(d).update({"201": {"description": "made"}}), CONSUMERS, BOTH, "response 201"),
    "new status 303": (lambda d: answers(d).update({"303": {"description": "there"}}), CONSUMERS, PROVIDERS, "response 303"),
    "new refusal that is a problem": (lambda d: answers(d).update({"503": PROBLEM}), NEITHER, PROVIDERS, "response 503"),
    "new refusal that is no JSON": (
        lambda d: answers(d).update({"503": {"description": "?"}}),
        CONSUMERS,
        PROVIDERS,
        "response 503",
    ),
    "any other status": (lambda d: answers(d).update(default=PROBLEM), CONSUMERS, PROVIDERS, "response default"),
    "new code of a refusal": (lambda d: codes(d).append("pool_draining"), NEITHER, PROVIDERS, "/code"),
    "another code of a refusal": (lambda d: codes(d).__setitem__(0, "conflict"), PROVIDERS, PROVIDERS, "/code"),
    "a problem without a code": (
        lambda d: schemas(d)["Problem"]["required"].remove("code"),
        CONSUMERS,
        PROVIDERS,
        "response 409 body /code",
    ),
    "an answer's content type": (
        lambda d: ok(d)["content"].update({"application/cbor": {}}),
        CONSUMERS,
        BOTH,
        "response 200 body",
    ),
    "a body where none was": (
        lambda d: answers(d)["202"].update(content={"application/json": {}}),
        PROVIDERS,
        BOTH,
        "response 202 body",
    ),
    "new optional header": (
        lambda d: ok(d)["headers"].update({"Retry-After": {"schema": {"type": "integer"}}}),
        NEITHER,
        CONSUMERS,
        "header Retry-After",
    ),
    "new required header": (
        lambda d: ok(d)["headers"].update({"Retry-After": {"required": True, "schema": {"type": "integer"}}}),
        PROVIDERS,
        CONSUMERS,
        "header Retry-After",
    ),
    "a header is required": (
        lambda d: ok(d)["headers"]["X-Correlation-Id"].update(required=True),
        PROVIDERS,
        CONSUMERS,
        "header X-Correlation-Id",
    ),
    "a header's type": (
        lambda d: ok(d)["headers"]["Location"]["schema"].update(minLength=1),
        PROVIDERS,
        CONSUMERS,
        "header Location",
    ),
    "a callback": (lambda d: post(d).update(callbacks={"done": {}}), BOTH, BOTH, f"POST {PATH}"),
    "links": (lambda d: ok(d).update(links={"status": {"operationId": "health"}}), NEITHER, NEITHER, "response 200"),
    "webhooks": (lambda d: d.update(webhooks={"done": {}}), BOTH, BOTH, ""),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("way", ["forwards", "backwards"])
def test_whom_a_change_breaks(case: str, way: str) -> None:
    edit, forwards, backwards, where = CASES[case]
    old, new = (DOCUMENT, edited(edit)) if way == "forwards" else (edited(edit), DOCUMENT)
    found = changes(old, new)
    assert found
    assert broken(found) == (forwards if way == "forwards" else backwards)
    places = [
        f"{change.place.operation} {change.place.part} {''.join(f'/{part}' for part in change.place.pointer)}" for change in found
    ]
    if way == "forwards":
        assert any(where in place for place in places), places


SAME: dict[str, Edit] = {
    "a description": lambda d: ok(d).update(description="other words"),
    "a summary": lambda d: post(d).update(summary="words", tags=["pools"]),
    "an example": lambda d: ok(d)["content"]["application/json"].update(example={"pool_id": "gpu-0"}),
    "the contact": lambda d: d["info"].update(contact={"name": "somebody"}, summary="words"),
    "an extension": lambda d: post(d).update({"x-codegen": True}),
    "a component that nothing refers to": lambda d: schemas(d).update(Spare={"type": "string"}),
    "a component by another name": lambda d: (
        schemas(d).update(Moved=schemas(d).pop("Status")),
        ok(d)["content"]["application/json"].update(schema={"$ref": "#/components/schemas/Moved"}),
    ),
    "a response in place of its reference": lambda d: answers(d).update({"409": d["components"]["responses"]["Conflict"]}),
    "a scheme by another name": lambda d: (
        d["components"]["securitySchemes"].update(bearer=d["components"]["securitySchemes"].pop("token")),
        d.update(security=[{"bearer": []}]),
    ),
    "a path's parameter beside the operation": lambda d: (
        post(d)["parameters"].insert(0, {"$ref": "#/components/parameters/PoolId"}),
        d["paths"][PATH].pop("parameters"),
    ),
    "the usual style": lambda d: post(d)["parameters"][1].update(style="form", explode=True),
    "a header in lower case": lambda d: ok(d)["headers"].update(location=ok(d)["headers"].pop("Location")),
    "the content type among the headers": lambda d: ok(d)["headers"].update({"Content-Type": {"schema": {"type": "string"}}}),
    "the same codes in another order": lambda d: codes(d).reverse(),
    "the status of a range": lambda d: answers(d).update(
        {"4XX": answers(d).pop("409"), "409": {"$ref": "#/components/responses/Conflict"}}
    ),
}


@pytest.mark.parametrize("case", SAME)
def test_what_changes_nothing(case: str) -> None:
    new = edited(SAME[case])
    assert new != DOCUMENT
    found = [change for change in changes(DOCUMENT, new) if change.what != "new status"]
    assert found == []


def test_a_status_is_held_against_the_range_that_covered_it() -> None:
    ranged = edited(lambda d: answers(d).update({"4XX": answers(d).pop("409")}))
    narrowed = edited(lambda d: (answers(d).update({"4XX": answers(d)["409"]}), codes(d).pop()))
    found = changes(ranged, narrowed)
    assert {(change.place.status, change.what) for change in found} == {("4XX", "enum"), ("409", "enum")}


def test_what_moved_is_still_looked_into() -> None:
    def move(document: dict[str, Any]) -> None:
        ok(document)["headers"].pop("Location")
        document["paths"]["/engines/{pool_id}"] = document["paths"].pop(PATH)

    assert {change.what for change in changes(DOCUMENT, edited(move))} == {"moved", "header removed"}


def test_a_change_says_from_what_to_what() -> None:
    (found,) = changes(DOCUMENT, edited(lambda d: schemas(d)["Request"]["properties"]["port"].update(maximum=1024)))
    assert (found.what, found.old, found.new) == ("maximum", 65535, 1024)
    assert (found.place.operation, found.place.part, found.place.pointer) == (f"POST {PATH}", "request body", ("port",))


def test_one_schema_in_a_request_and_in_an_answer_breaks_both() -> None:
    shared: Edit = lambda d: ok(d)["content"]["application/json"].update(schema={"$ref": "#/components/schemas/Request"})  # noqa: E731
    old = edited(shared)
    found = changes(old, edited(lambda d: d["components"]["schemas"]["Request"]["required"].append("mode"), old))
    assert {change.place.part: change.breaks for change in found} == {"request body": CONSUMERS, "response 200 body": PROVIDERS}


BROKEN: dict[str, tuple[Edit, str]] = {
    "no version of OpenAPI": (lambda d: d.pop("openapi"), "not an OpenAPI document"),
    "OpenAPI 3.0": (lambda d: d.update(openapi="3.0.3"), "OpenAPI 3.0.3; only 3.1"),
    "no info": (lambda d: d.pop("info"), "'info' is a required property"),
    "a path that is nothing": (lambda d: d["paths"].update({"/x": None}), "/paths//x"),
    "an operation without responses": (lambda d: post(d).pop("responses"), "'responses' is a required property"),
    "a status that is none": (lambda d: answers(d).update({"okay": {}}), "okay"),
    "a parameter without a name": (lambda d: post(d)["parameters"][0].pop("name"), "'name' is a required property"),
    "a reference to a schema where a response belongs": (
        lambda d: answers(d).update({"404": {"$ref": "#/components/schemas/Status/type"}}),
        "'object' is not of type 'object'",
    ),
    "a reference to nowhere": (lambda d: answers(d).update({"404": {"$ref": "#/components/responses/None"}}), "leads nowhere"),
    "a reference to another file": (lambda d: answers(d).update({"404": {"$ref": "x.json"}}), "is not a place in the document"),
    "a schema that is none": (lambda d: schemas(d)["Status"].update(type="strnig"), "is not a JSON Schema"),
    "a pattern that is none": (lambda d: schemas(d)["Status"]["properties"]["url"].update(pattern="("), "is not a JSON Schema"),
    "a version that is none": (lambda d: d["info"].update(version="one"), "not a semantic version"),
    "a schema that is a text": (lambda d: ok(d)["content"]["application/json"].update(schema="Status"), "'Status' is not"),
}


@pytest.mark.parametrize("case", BROKEN)
@pytest.mark.parametrize("which", ["old", "new"])
def test_a_broken_document_is_named(case: str, which: str) -> None:
    edit, reason = BROKEN[case]
    documents = (edited(edit), DOCUMENT) if which == "old" else (DOCUMENT, edited(edit))
    with pytest.raises(CannotCompare) as raised:
        changes(*documents)
    assert str(raised.value).startswith(which)
    assert reason in str(raised.value)


def test_another_api_is_not_compared() -> None:
    other = edited(
        lambda d: (
            d["info"].update(title="Petstore"),
            d.update(paths={"/pets": d["paths"]["/health"], "/health": d["paths"]["/health"]}),
        )
    )
    with pytest.raises(CannotCompare, match="'pool-managerd' and new is 'Petstore', with 1 operations in common"):
        changes(
            edited(lambda d: d["paths"].update({"/pools": d["paths"]["/health"]})),
            edited(lambda d: d["paths"].update({"/a": d["paths"]["/health"]}), other),
        )


def test_the_same_api_by_another_title_is() -> None:
    assert changes(DOCUMENT, edited(lambda d: d["info"].update(title="pools"))) == ()
