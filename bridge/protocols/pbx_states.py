"""What a PBX publishes: facts to JSON bodies and back (page: ``mqtt.md``, channels of a PBX).

Building masks numbers and leaves names out unless readers may see them. Reading is tolerant of
members it does not know and of nothing else; whatever is refused has a reason that can be counted.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bridge.model.blf import (
    Dialog,
    Extension,
    Fact,
    ForwardingFact,
    LineFact,
    LineState,
    MailboxFact,
    PresenceFact,
    PresenceState,
    QueueFact,
    QueueMember,
)
from bridge.model.bus import Numbers
from bridge.model.calls import Direction, Mailbox, Party
from bridge.model.forwarding import When
from bridge.model.pbx import ParkFact, PbxFact, RegistrationFact
from bridge.model.redaction import printable
from bridge.protocols.mqtt_envelope import (
    MAX_TS_MS,
    TEXT_CHARS,
    RefusedError,
    check_version,
    read_bool,
    read_enum,
    read_int,
    read_object,
    read_subject,
    read_text,
)
from bridge.protocols.mqtt_payloads import Body, encode_number
from bridge.protocols.mqtt_topics import PAYLOAD_LIMIT
from bridge.protocols.pbx_topics import Place

TITLE_CHARS = 64
NAME_CHARS = 64
MAX_MESSAGES = 9999
MAX_WAITING = 9999
MAX_MEMBERS = 500  # 60 bytes each: 30 kB
MAX_TELEPHONES = 99
MAX_RULES = 999
_TAG_CHARS = 256  # of a Call-ID, a tag or a URI: a SIP message has 4000 bytes here


@dataclass(frozen=True, slots=True)
class Stamped:
    """A state as it came in.

    Args:
        epoch: run of the gateway that said it.
        rev: its number within the epoch, 1...
        fact: what it says.
    """

    epoch: str
    rev: int
    fact: PbxFact


@dataclass(frozen=True, slots=True)
class Refusal:
    """A message that is no state.

    Args:
        rule: for counting: ``size``, ``json``, ``version`` or ``content``.
        reason: expected and found, one sentence.
    """

    rule: str
    reason: str


# -- building ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Shown:
    """How much readers may see.

    Args:
        numbers: of the other end of a call.
        dialogs: whether SIP dialogs are told, for pick-up by ``Replaces``.
    """

    numbers: Numbers = Numbers.MASKED
    dialogs: bool = False


def place_of(fact: PbxFact) -> tuple[Place, Extension]:
    """Return where a fact is published, and whose it is."""
    match fact:
        case LineFact(extension=whose):
            return Place.STATE, whose
        case ParkFact(line=line):
            return Place.PARK, line.extension
        case PresenceFact(extension=whose):
            return Place.PRESENCE, whose
        case MailboxFact(extension=whose):
            return Place.MAILBOX, whose
        case QueueFact(queue=whose):
            return Place.QUEUE, whose
        case ForwardingFact(extension=whose):
            return Place.FORWARDING, whose
        case RegistrationFact(extension=whose):
            return Place.REGISTRATION, whose


def encode_fact(fact: PbxFact, shown: Shown) -> Body:
    """Return the body of a state, without ``v``, ``epoch`` and ``rev``."""
    match fact:
        case LineFact():
            return _line(fact, shown)
        case ParkFact(line=line):
            return _line(line, shown)
        case PresenceFact(presence=presence, text=text, until_ms=until_ms):
            body: Body = {"presence": presence.value}
            return body | _given(text=printable(text, TEXT_CHARS), until=until_ms)
        case MailboxFact(mailbox=box):
            new, old = min(box.new, MAX_MESSAGES), min(box.old, MAX_MESSAGES)
            return {"waiting": box.waiting, "new": new, "old": old}
        case QueueFact():
            members = [_member(member) for member in fact.members[:MAX_MEMBERS]]
            return {"members": members, "waiting": min(fact.waiting, MAX_WAITING)}
        case ForwardingFact():
            return _forwarding(fact)
        case RegistrationFact():
            body = {"telephones": min(fact.telephones, MAX_TELEPHONES)}
            return body | _given(agent=printable(fact.agent, NAME_CHARS))


def _line(line: LineFact, shown: Shown) -> Body:
    body: Body = {"state": line.state.value}
    if line.direction is not None:
        body["dir"] = line.direction.value
    if line.peer is not None:
        body |= _given(peer=encode_number(line.peer, shown.numbers)[:NAME_CHARS])
        if shown.numbers is Numbers.FULL:
            body |= _given(name=printable(line.peer.name, NAME_CHARS))
    body |= _given(since=line.since_ms)
    if shown.dialogs and line.dialog is not None:
        dialog = line.dialog
        body["dialog"] = {
            "call_id": dialog.call_id,
            "from_tag": dialog.from_tag,
            "to_tag": dialog.to_tag,
            "caller": dialog.caller,
        }
    return body


def _forwarding(fact: ForwardingFact) -> Body:
    body: Body = {"profile": fact.profile, "forwarding": fact.is_forwarding}
    if fact.whens:
        body["when"] = [when.value for when in fact.whens]
    if fact.rules:
        body["rules"] = min(fact.rules, MAX_RULES)
    return body | _given(title=printable(fact.title, TITLE_CHARS))


def _member(member: QueueMember) -> Body:
    return {"ext": member.extension, "logged_in": member.logged_in, "paused": member.paused}


def _given(**members: object) -> Body:
    """Return the members that say something."""
    return {name: value for name, value in members.items() if value}


def lamp_fact(fact: PbxFact) -> Fact | None:
    """Return a fact as lamps know it: a park slot is a line; None when no lamp follows from it."""
    match fact:
        case ParkFact(line=line):
            return line
        case RegistrationFact():
            return None
        case _:
            return fact


def cleared(place: Place, subject: Extension) -> Fact:
    """Return what is known of a subject whose topic was cleared: nothing."""
    match place:
        case Place.PRESENCE:
            return PresenceFact(subject, PresenceState.NONE)
        case Place.MAILBOX:
            return MailboxFact(subject, Mailbox(waiting=False))
        case Place.QUEUE:
            return QueueFact(subject, ())
        case Place.FORWARDING:
            return ForwardingFact(subject, 0, is_forwarding=False)
        case Place.STATE | Place.PARK | Place.REGISTRATION:
            return LineFact(subject, LineState.UNKNOWN)


# -- reading ----------------------------------------------------------------------


def read_state(place: Place, subject: Extension, payload: bytes) -> Stamped | Refusal:
    """Return the state in a message, or why there is none.

    Args:
        place: by the topic.
        subject: by the topic.
        payload: foreign bytes, any length, not empty (an empty one clears the topic).
    """
    if len(payload) > PAYLOAD_LIMIT:
        return Refusal("size", f"{len(payload)} bytes: a state has at most {PAYLOAD_LIMIT}")
    try:
        body = read_object(payload)
    except RefusedError as why:
        return Refusal("json", str(why))
    try:
        check_version(body)
    except RefusedError as why:
        return Refusal("version", str(why))
    try:
        epoch = read_text(body.get("epoch"), "epoch", 64)
        rev = read_int(body.get("rev"), "rev", 1, MAX_TS_MS)
        return Stamped(epoch, rev, _READERS[place](subject, body))
    except RefusedError as why:
        return Refusal("content", str(why))


def _read_line(subject: Extension, body: Mapping[str, object]) -> LineFact:
    peer, name = _text(body, "peer", NAME_CHARS), _text(body, "name", NAME_CHARS)
    direction = read_enum(body["dir"], "dir", Direction) if "dir" in body else None
    return LineFact(
        extension=subject,
        state=read_enum(body.get("state"), "state", LineState),
        direction=direction,
        peer=Party(peer, name) if peer or name else None,
        since_ms=read_int(body.get("since", 0), "since", 0, MAX_TS_MS),
        dialog=_read_dialog(body["dialog"]) if "dialog" in body else None,
    )


def _read_dialog(value: object) -> Dialog:
    if not isinstance(value, dict):
        raise RefusedError("dialog is no object")
    names = ("call_id", "from_tag", "to_tag", "caller")
    return Dialog(*(read_text(value.get(name), name, _TAG_CHARS) for name in names))


def _read_park(subject: Extension, body: Mapping[str, object]) -> ParkFact:
    return ParkFact(_read_line(subject, body))


def _read_registration(subject: Extension, body: Mapping[str, object]) -> RegistrationFact:
    telephones = read_int(body.get("telephones"), "telephones", 0, MAX_TELEPHONES)
    return RegistrationFact(subject, telephones, _text(body, "agent", NAME_CHARS))


def _read_presence(subject: Extension, body: Mapping[str, object]) -> PresenceFact:
    return PresenceFact(
        extension=subject,
        presence=read_enum(body.get("presence"), "presence", PresenceState),
        text=_text(body, "text", TEXT_CHARS),
        until_ms=read_int(body.get("until", 0), "until", 0, MAX_TS_MS),
    )


def _read_mailbox(subject: Extension, body: Mapping[str, object]) -> MailboxFact:
    waiting = read_bool(body.get("waiting"), "waiting")
    new = read_int(body.get("new", 0), "new", 0, MAX_MESSAGES)
    old = read_int(body.get("old", 0), "old", 0, MAX_MESSAGES)
    return MailboxFact(subject, Mailbox(waiting, new, old))


def _read_queue(subject: Extension, body: Mapping[str, object]) -> QueueFact:
    members = body.get("members")
    if not isinstance(members, list) or len(members) > MAX_MEMBERS:
        raise RefusedError(f"members is no list of at most {MAX_MEMBERS}")
    waiting = read_int(body.get("waiting", 0), "waiting", 0, MAX_WAITING)
    return QueueFact(subject, tuple(_read_member(member) for member in members), waiting)


def _read_member(value: object) -> QueueMember:
    if not isinstance(value, dict):
        raise RefusedError("a member is no object")
    return QueueMember(
        extension=read_subject(value.get("ext"), "ext"),
        logged_in=read_bool(value.get("logged_in"), "logged_in"),
        paused=read_bool(value.get("paused", False), "paused"),
    )


def _read_forwarding(subject: Extension, body: Mapping[str, object]) -> ForwardingFact:
    return ForwardingFact(
        extension=subject,
        profile=read_int(body.get("profile"), "profile", 0, 9),
        is_forwarding=read_bool(body.get("forwarding"), "forwarding"),
        title=_text(body, "title", TITLE_CHARS),
        whens=_whens(body.get("when", [])),
        rules=read_int(body.get("rules", 0), "rules", 0, MAX_RULES),
    )


def _whens(value: object) -> tuple[When, ...]:
    if not isinstance(value, list) or len(value) > len(When):
        raise RefusedError(f"when is no list of at most {len(When)}")
    return tuple(read_enum(one, "when", When) for one in value)


def _text(body: Mapping[str, object], name: str, limit: int) -> str:
    return read_text(body.get(name, ""), name, limit)


_READERS: dict[Place, Callable[[Extension, Mapping[str, object]], PbxFact]] = {
    Place.STATE: _read_line,
    Place.PARK: _read_park,
    Place.REGISTRATION: _read_registration,
    Place.PRESENCE: _read_presence,
    Place.MAILBOX: _read_mailbox,
    Place.QUEUE: _read_queue,
    Place.FORWARDING: _read_forwarding,
}
