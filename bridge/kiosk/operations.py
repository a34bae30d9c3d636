"""Everything the page may ask, declared once: what a request takes and who may ask it.

The server checks requests by this table, and ``openapi`` makes its document of it.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, unquote

from pydantic import BaseModel, TypeAdapter, ValidationError

from bridge.kiosk import requests as ask
from bridge.kiosk.rights import Right
from bridge.model.redaction import printable

ROOT = "/api/1/"


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that can be asked.

    Args:
        name: of the handler, and ``operationId``.
        method, path: behind ``ROOT``; ``{name}`` is a parameter.
        summary: one sentence.
        right: what it takes; None = a session is enough.
        body: what comes with it; None = nothing.
        query: what may stand behind the ``?``.
        parameters: types of those in the path.
        answer: what it is answered with.
        is_open: no session is needed.
    """

    name: str
    method: str
    path: str
    summary: str
    right: Right | None = None
    body: Any = None
    query: type[BaseModel] | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    answer: type[BaseModel] = ask.AnyBody
    is_open: bool = False


@dataclass(frozen=True, slots=True)
class Wanted:
    """A request that is right by itself.

    Args:
        operation: which.
        body, query: as declared; None where there is none.
        parameters: of the path.
    """

    operation: Operation
    body: BaseModel | None = None
    query: BaseModel | None = None
    parameters: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Wrong:
    """A request that is not.

    Args:
        status: of HTTP.
        code: for programs.
        error: one sentence.
    """

    status: int
    code: str
    error: str


_POSITION = {"position": ask.Position}
_DEVICE = {"device": ask.DevicePath}

OPERATIONS = (
    Operation(
        "login",
        "POST",
        "session",
        "Begin a session.",
        body=ask.ByLaunch | ask.ByToken,
        answer=ask.SessionBody,
        is_open=True,
    ),
    Operation("session", "GET", "session", "Who am I?", answer=ask.SessionBody),
    Operation("logout", "DELETE", "session", "Log off; a room's screen is as new."),
    Operation(
        "pin", "POST", "session/pin", "Open the settings.", body=ask.Pin, answer=ask.SessionBody
    ),
    Operation("drop_pin", "DELETE", "session/pin", "Shut the settings.", answer=ask.SessionBody),
    Operation("state", "GET", "state", "Everything that `events` tells, once.", Right.SEE),
    Operation(
        "intent",
        "POST",
        "intents",
        "Dial, answer, hold, …",
        body=ask.IntentRequest,
        answer=ask.OutcomeBody,
    ),
    Operation(
        "press_key",
        "POST",
        "keys/{position}/press",
        "Press a key.",
        Right.CALL,
        ask.PressRequest,
        parameters=_POSITION,
        answer=ask.OutcomeBody,
    ),
    Operation("history", "GET", "history", "The call list.", Right.HISTORY, query=ask.HistoryQuery),
    Operation(
        "delete_history", "DELETE", "history", "Forget calls.", Right.HISTORY, ask.HistoryDelete
    ),
    Operation("contacts", "GET", "contacts", "People.", Right.CONTACTS, query=ask.ContactsQuery),
    Operation(
        "save_contact",
        "POST",
        "contacts",
        "Keep a contact of your own.",
        Right.OWN_CONTACTS,
        ask.ContactBody,
    ),
    Operation(
        "delete_contact",
        "DELETE",
        "contacts/{contact}",
        "Forget a contact of your own.",
        Right.OWN_CONTACTS,
        parameters={"contact": ask.EntryNumber},
    ),
    Operation("volume", "POST", "volume", "Louder, softer.", Right.VOLUME, ask.VolumeBody),
    Operation(
        "presence", "POST", "presence", "Show others this.", Right.PRESENCE, ask.PresenceBody
    ),
    Operation("dnd", "POST", "dnd", "Do not disturb.", Right.DND, ask.SwitchBody),
    Operation("favourites", "GET", "favourites", "The list of keys.", Right.SEE),
    Operation(
        "put_favourite", "POST", "favourites", "Set a key.", Right.FAVOURITES, ask.FavouriteBody
    ),
    Operation(
        "remove_favourite",
        "DELETE",
        "favourites/{position}",
        "Empty a key.",
        Right.FAVOURITES,
        parameters=_POSITION,
    ),
    Operation(
        "move_favourite",
        "POST",
        "favourites/{position}/move",
        "Move a key.",
        Right.FAVOURITES,
        ask.MoveBody,
        parameters=_POSITION,
    ),
    Operation(
        "reset_favourite",
        "POST",
        "favourites/{position}/reset",
        "The configuration counts again for a key.",
        Right.FAVOURITES,
        ask.NoBody,
        parameters=_POSITION,
    ),
    Operation(
        "device_mode",
        "POST",
        "devices/{device}/mode",
        "Treat a headset otherwise.",
        Right.SETTINGS,
        ask.ModeBody,
        parameters=_DEVICE,
    ),
    Operation(
        "device_press",
        "POST",
        "devices/{device}/press",
        "Press a key of the virtual headset.",
        Right.CALL,
        ask.ControlBody,
        parameters=_DEVICE,
    ),
    Operation(
        "join_meeting",
        "POST",
        "meetings/{meeting}/join",
        "Dial into a meeting.",
        Right.CALL,
        ask.JoinBody,
        parameters={"meeting": ask.MeetingPath},
        answer=ask.OutcomeBody,
    ),
    Operation("settings", "GET", "settings", "What may be set.", Right.SETTINGS),
    Operation("change_settings", "POST", "settings", "Set it.", Right.SETTINGS, ask.SettingBody),
)


def find(method: str, path: str) -> tuple[Operation, dict[str, str]] | Wrong:
    """Return what is asked for, and the parameters as they came.

    Args:
        method: such as ``GET``.
        path: behind ``ROOT``, percent-encoded.
    """
    methods = []
    for operation, form in _forms():
        match = form.fullmatch(path)
        if match is None:
            continue
        if operation.method == method:
            return operation, {name: unquote(text) for name, text in match.groupdict().items()}
        methods.append(operation.method)
    if methods:
        return Wrong(405, "method", f"found {method[:10]}, expected {' or '.join(methods)}")
    return Wrong(404, "path", "there is no such path: see /api/1/openapi.json")


def read(
    operation: Operation, parameters: Mapping[str, str], query: str, body: bytes
) -> Wanted | Wrong:
    """Check a request by its declaration.

    Args:
        operation: which.
        parameters: of the path, as they came.
        query: behind the ``?``, as it came.
        body: JSON, or nothing.
    """
    try:
        found = {name: _adapter(operation.parameters[name]).validate_strings(text)
                 for name, text in parameters.items()}  # fmt: skip
        return Wanted(operation, _body(operation, body), _query(operation, query), found)
    except ValidationError as error:
        return Wrong(400, "invalid", _sentence(error))
    except ValueError as error:
        return Wrong(400, "invalid", printable(str(error), 200))


def _body(operation: Operation, body: bytes) -> BaseModel | None:
    if operation.body is None:
        if body.strip() not in {b"", b"{}"}:
            raise ValueError("found a body, expected none")
        return None
    found: BaseModel = _adapter(operation.body).validate_json(body or b"{}")
    return found


def _query(operation: Operation, query: str) -> BaseModel | None:
    pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=16)
    if len(dict(pairs)) < len(pairs):
        raise ValueError("found a member twice behind the ?, expected it once")
    if operation.query is None:
        if pairs:
            raise ValueError("found something behind the ?, expected nothing")
        return None
    return operation.query.model_validate_strings(dict(pairs))


def _sentence(error: ValidationError) -> str:
    """Return the first thing that is wrong, without what was found there: it may be a secret."""
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    text = first["msg"][:1].lower() + first["msg"][1:]
    return printable(f"{place}: {text}" if place else text, 200)


@cache
def _adapter(declared: Any) -> TypeAdapter[Any]:  # noqa: ANN401  # what pydantic takes as a type
    return TypeAdapter(declared)


@cache
def _forms() -> tuple[tuple[Operation, re.Pattern[str]], ...]:
    return tuple(
        (one, re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", one.path))) for one in OPERATIONS
    )


def to_json(body: object) -> bytes:
    """Return a body as it goes out: compact, UTF-8."""
    return json.dumps(body, separators=(",", ":"), allow_nan=False, ensure_ascii=False).encode(
        "utf-8", "replace"
    )
