"""The OpenAPI document of the page, made of the declarations that check its requests."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from pydantic import BaseModel, TypeAdapter

from bridge.kiosk import requests as ask
from bridge.kiosk.operations import OPERATIONS, ROOT, Operation, to_json

_REFS = "#/components/schemas/{model}"
_JSON = "application/json"

_REFUSED = {
    "400": "The request is not as declared.",
    "401": "There is no session.",
    "403": "The session may not, or the request does not come from the page.",
    "404": "There is none.",
    "409": "It cannot be done as things are.",
    "408": "The request came too slowly.",
    "413": "The body is too large.",
    "415": "The body is no JSON.",
    "421": "The request is meant for another host.",
    "429": "Too often.",
    "503": "Not possible now.",
}

_INTRODUCTION = """\
A session begins with `POST session` and is held by the cookie `offhook`; what is not a GET also
carries `X-Offhook` with the session's `csrf` and an `Origin` of the page itself. A program sends
a configured token as `Authorization: Bearer` instead, and needs neither."""


@cache
def document(version: str) -> bytes:
    """Return the document, JSON.

    Args:
        version: of Offhook.
    """
    return to_json(described(version))


def described(version: str) -> dict[str, Any]:
    """Return the document as plain values."""
    schemas: dict[str, Any] = {}
    paths: dict[str, Any] = {"/api/1/events": {"get": _events()}}
    for operation in OPERATIONS:
        path = paths.setdefault(ROOT + operation.path, {})
        path[operation.method.lower()] = _operation(operation, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Offhook page", "version": version, "description": _INTRODUCTION},
        "paths": paths,
        "components": {
            "schemas": dict(sorted(schemas.items())),
            "securitySchemes": {
                "session": {"type": "apiKey", "in": "cookie", "name": "offhook"},
                "proof": {"type": "apiKey", "in": "header", "name": "X-Offhook"},
                "token": {"type": "http", "scheme": "bearer"},
            },
        },
    }


def _operation(operation: Operation, schemas: dict[str, Any]) -> dict[str, Any]:
    body: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "security": _security(operation),
        "responses": _responses(operation, schemas),
    }
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": _schema(declared, schemas)}
        for name, declared in operation.parameters.items()
    ]
    if operation.query is not None:
        parameters += _query(operation.query)
    if parameters:
        body["parameters"] = parameters
    if operation.body is not None:
        content = {_JSON: {"schema": _schema(operation.body, schemas)}}
        body["requestBody"] = {"required": True, "content": content}
    return body


def _security(operation: Operation) -> list[dict[str, list[str]]]:
    if operation.is_open:
        return []
    cookie: dict[str, list[str]] = {"session": []}
    return [{"token": []}, cookie if operation.method == "GET" else cookie | {"proof": []}]


def _responses(operation: Operation, schemas: dict[str, Any]) -> dict[str, Any]:
    answer = {"schema": _schema(operation.answer, schemas)}
    problem = {"schema": _schema(ask.Problem, schemas)}
    done = {"description": "Done.", "content": {_JSON: answer}}
    refused = {
        status: {"description": words, "content": {_JSON: problem}}
        for status, words in _REFUSED.items()
    }
    return {"200": done, **refused}


def _query(model: type[BaseModel]) -> list[dict[str, Any]]:
    properties: Mapping[str, Any] = model.model_json_schema()["properties"]
    return [{"name": name, "in": "query", "schema": schema} for name, schema in properties.items()]


def _schema(declared: Any, schemas: dict[str, Any]) -> dict[str, Any]:  # noqa: ANN401  # a type
    schema = TypeAdapter(declared).json_schema(ref_template=_REFS)
    schemas.update(schema.pop("$defs", {}))
    if "title" in schema and schema.get("type") == "object":
        name = schema["title"]
        schemas[name] = schema
        return {"$ref": _REFS.format(model=name)}
    return schema


def _events() -> dict[str, Any]:
    """Return what is said of the stream, which no declaration of ours describes."""
    words = (
        "Server-sent events: first everything, then each section that changed, whole. `event:` is "
        "one of session, status, lamps, devices, meetings, notice, beat; the last one comes after "
        "10 s in which nothing else did."
    )
    stream = {"text/event-stream": {"schema": {"type": "string"}}}
    problem = {_JSON: {"schema": {"$ref": _REFS.format(model="Problem")}}}
    refused = {
        status: {"description": _REFUSED[status], "content": problem}
        for status in ("401", "403", "421", "429", "503")
    }
    return {
        "operationId": "events",
        "summary": "The state, live.",
        "security": [{"token": []}, {"session": []}],
        "responses": {"200": {"description": words, "content": stream}, **refused},
    }
