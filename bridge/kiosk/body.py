"""What a session sees of the state: the status of the control socket, reduced to what it may see.

A screen in a room shows what goes on in the room: its calls while they last, its lines, its lamps.
Whose contacts the user keeps, who left a message, where his calls are forwarded and what callers
typed is nobody else's business. A viewer sees that there are calls, not with whom.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, assert_never

from bridge.kiosk.rights import Right, right_for
from bridge.model.calls import Phase, Snapshot
from bridge.model.ids import CallId
from bridge.model.intents import Verb
from bridge.model.page import Role, Screen
from bridge.model.redaction import mask_number

Body = dict[str, Any]

_EVERYBODY = (
    *("health", "problems", "muted", "do_not_disturb", "call_waiting", "locked", "lines"),
    *("calls", "devices", "sound"),
)
_PERSONAL = ("forwarding", "presence", "queues", "endpoints")
_ADMINISTRATOR = ("bridge", "version", "engine", "mqtt", "uptime_s", "config_files")


@dataclass(frozen=True, slots=True)
class Viewer:
    """Whoever looks, as far as it decides about what is seen; equal ones see the same.

    Args:
        screen, role: of the session.
        may: its rights.
    """

    screen: Screen
    role: Role
    may: frozenset[Right]


@dataclass(frozen=True, slots=True)
class Moments:
    """When a call began and was answered, Unix milliseconds; 0 = not yet."""

    started_ms: int = 0
    answered_ms: int = 0


def status_for(
    viewer: Viewer,
    status: Mapping[str, Any],
    now: Snapshot,
    now_ms: int,
    moments: Mapping[CallId, Moments],
) -> Body:
    """Return the section ``status``.

    Args:
        viewer: who looks.
        status: ``control_status.status_body``.
        now: what it was made of.
        now_ms: Unix milliseconds.
        moments: of the calls.
    """
    is_room = viewer.screen is Screen.KIOSK
    members = [*_EVERYBODY]
    if not is_room and viewer.role is not Role.VIEWER:
        members += _PERSONAL
    if viewer.role is Role.ADMINISTRATOR:
        members += _ADMINISTRATOR
    body: Body = {name: status[name] for name in members if name in status}
    body["now_ms"] = now_ms
    body["calls"] = [
        {**_call(viewer, call, now, now_ms), **_when(moments.get(call["call"]))}
        for call in status["calls"]
    ]
    if Right.OWN_CONTACTS not in viewer.may:
        body["lines"] = [{**line, "mailbox": None} for line in status["lines"]]
    return body


def _call(viewer: Viewer, call: Mapping[str, Any], now: Snapshot, now_ms: int) -> Body:
    body: Body = {key: value for key, value in call.items() if key not in {"pressed", "dialog"}}
    view = next(one for one in now.calls if one.call == call["call"])
    if viewer.role is Role.VIEWER:
        body["remote"] = _masked(call["remote"])
        body["diverted_by"] = None if call["diverted_by"] is None else _masked(call["diverted_by"])
        body["transfer"] = None if call["transfer"] is None else {**call["transfer"], "target": ""}
    elif Right.OWN_CONTACTS not in viewer.may and view.remote.is_private:
        body["remote"] = {**call["remote"], "name": "", "company": ""}
    body["can"] = [verb.value for verb in can(view.phase, now) if right_for(verb) in viewer.may]
    body["waits_ms"] = max(0, now_ms - view.since_ms)
    return body


def _when(moments: Moments | None) -> Body:
    found = moments or Moments()
    return {"started_ms": found.started_ms, "answered_ms": found.answered_ms}


def _masked(party: Mapping[str, Any]) -> Body:
    return {"number": mask_number(party["number"]), "name": "", "company": ""}


_UP = frozenset({Phase.CONNECTED, Phase.HELD, Phase.REMOTE_HELD})
_TALK = (Verb.HANGUP, Verb.MUTE, Verb.UNMUTE, Verb.DTMF, Verb.TRANSFER, Verb.MOVE, Verb.RECORD)


def can(phase: Phase, now: Snapshot) -> Sequence[Verb]:
    """Return what makes sense for a call.

    Args:
        phase: of the call.
        now: all calls.
    """
    up = [one for one in now.calls if one.phase in _UP]
    two = len(up) > 1
    match phase:
        case Phase.RINGING:
            return (Verb.ANSWER, Verb.REJECT, Verb.SILENCE, Verb.DIVERT)
        case Phase.DIALING:
            return (Verb.HANGUP, *((Verb.BACK,) if up else ()))
        case Phase.EARLY:
            return (Verb.HANGUP, Verb.DTMF, *((Verb.BACK, Verb.TRANSFER) if up else ()))
        case Phase.ENDED:
            return ()
        case Phase.CONNECTED | Phase.REMOTE_HELD | Phase.HELD:
            pass
        case _:
            assert_never(phase)
    hold = (Verb.RESUME if phase is Phase.HELD else Verb.HOLD,)
    if two and all(one.conference for one in up):
        return (*_TALK, *hold)
    more = (Verb.SWAP, Verb.CONFERENCE, Verb.BACK) if two else ()
    return (*_TALK, *hold, *more)


def device_for(body: Mapping[str, Any], gestures: Sequence[Body], *, virtual: bool) -> Body:
    """Return one entry of the section ``devices``.

    Args:
        body: ``control_status.device_body``.
        gestures: its last ones, oldest first.
        virtual: it is pressed on the page.
    """
    lamps = {lamp: _is_lit(lamp, body.get("state") or {}) for lamp in body["lamps"]}
    names = sorted({*body["controls"], *lamps})
    roles = [
        {"role": name, "control": name in body["controls"], "lamp": lamps.get(name)}
        for name in names
    ]
    return {**body, "virtual": virtual, "roles": roles, "gestures": list(gestures)}


def _is_lit(lamp: str, state: Mapping[str, Any]) -> bool:
    return bool(state.get({"ringer": "ring", "microphone": "mute"}.get(lamp, lamp)))


def meetings_for(body: Mapping[str, Any]) -> Body:
    """Return the section ``meetings``, with the members the page knows times by."""
    entries = [
        {
            **one,
            "starts_ms": one["starts"],
            "ends_ms": one["ends"],
        }
        for one in body["meetings"]
    ]
    return {**body, "meetings": entries}


def history_for(viewer: Viewer, body: Mapping[str, Any]) -> Body:
    """Return a call list as a session may see it: in a room, without the user's own names."""
    if Right.OWN_CONTACTS in viewer.may:
        return dict(body)
    hidden = [{**one, "name": "", "company": "", "via": ""} for one in body["entries"]]
    return {**body, "entries": hidden}
