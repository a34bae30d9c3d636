"""What a Kamailio says with the shipped snippet (page: ``kamailio.md``), and what it is told.

Kamailio's script writes JSON by hand, so nothing here is taken for granted: whatever does not fit
is refused with a reason that can be counted. Pure.
"""

import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from bridge.model.blf import (
    Dialog,
    Extension,
    ForwardingFact,
    LineFact,
    LineState,
    MailboxFact,
    PresenceFact,
    PresenceState,
    QueueFact,
    QueueMember,
)
from bridge.model.calls import Direction, Mailbox, Party
from bridge.model.forwarding import To, When, caller_word
from bridge.model.pbx import (
    ActivateProfile,
    FetchParked,
    HangUp,
    Originate,
    Park,
    ParkFact,
    PbxCommand,
    PbxFact,
    PickUp,
    Redirect,
    RegistrationFact,
    ServeQueue,
    SetForwarding,
    SetGlobalDnd,
    SetPresence,
)
from bridge.model.redaction import printable
from bridge.protocols.mqtt_envelope import (
    TEXT_CHARS,
    RefusedError,
    read_bool,
    read_enum,
    read_int,
    read_object,
    read_subject,
    read_text,
)
from bridge.protocols.pbx_states import MAX_MEMBERS, MAX_RULES, Refusal

RAW_LIMIT = 60_000  # bytes; Kamailio's own buffers end at 65,535
_MAX_CALLS = 50
_MAX_S = 2**33
_LINE_STATES = {
    "idle": LineState.FREE,
    "dialing": LineState.DIALING,
    "ringing": LineState.RINGING,
    "busy": LineState.BUSY,
    "held": LineState.HELD,
}
_CALL_STATES = {  # (state, direction) of a leg that decides about a lamp
    LineState.RINGING: ("early", "recipient"),
    LineState.BUSY: ("confirmed", ""),
    LineState.HELD: ("confirmed", ""),
    LineState.DIALING: ("", "initiator"),
}
_WHENS = {
    When.ALWAYS: "always",
    When.BUSY: "busy",
    When.NO_ANSWER: "noanswer",
    When.UNREACHABLE: "offline",
}

KAMAILIO_NAMES = frozenset(
    {
        *("pickup", "fetch", "originate", "end_calls", "dnd", "presence", "forward", "profile"),
        *("queue_login", "queue_logout", "park", "redirect"),
    }
)
"""The commands a Kamailio with the snippet can do."""


@dataclass(frozen=True, slots=True)
class Errand:
    """A command in Kamailio's words.

    Args:
        topic: what follows the run and the number.
        payload: printable ASCII, may be empty.
    """

    topic: str
    payload: str = ""


@dataclass(slots=True)
class _Known:
    """What was said of one extension on topics that belong together."""

    line: LineFact | None = None
    telephones: int | None = None
    presence: PresenceFact | None = None
    dnd: bool = False


@dataclass(slots=True)
class KamailioReader:
    """Messages to facts; remembers what has to be put together.

    A line without a telephone is *offline* unless it has a call; do not disturb hides the presence.
    """

    _known: dict[Extension, _Known] = field(default_factory=dict)

    def forget(self) -> None:
        """A new picture begins."""
        self._known.clear()

    def feed(self, topic: str, payload: bytes) -> list[PbxFact] | Refusal:
        """Return the facts in a message.

        Args:
            topic: what follows the prefix, such as ``ext/200/state``.
            payload: foreign bytes, any length.
        """
        kind, _, rest = topic.partition("/")
        name, _, last = rest.partition("/")
        read = _READERS.get((kind, last))
        if read is None:
            return Refusal("topic", "no topic of the snippet")
        if len(payload) > RAW_LIMIT:
            return Refusal("size", f"{len(payload)} bytes: at most {RAW_LIMIT}")
        try:
            subject = read_subject(name, "the extension")
            return read(self, subject, read_object(payload))
        except RefusedError as why:
            return Refusal("content", str(why))

    def line(self, subject: Extension, body: Mapping[str, object]) -> list[PbxFact]:
        """``ext/200/state``."""
        known = self._of(subject)
        known.line = _line(subject, body)
        return [_shown_line(known, known.line)]

    def park(self, subject: Extension, body: Mapping[str, object]) -> list[PbxFact]:
        """``park/701``: a leg of the slot is a call that waits."""
        line = _line(subject, body)
        if line.state is LineState.FREE:
            return [ParkFact(LineFact(subject, LineState.FREE))]
        return [ParkFact(LineFact(subject, LineState.PARKED, None, line.peer, line.since_ms))]

    def registration(self, subject: Extension, body: Mapping[str, object]) -> list[PbxFact]:
        """``ext/200/registration``; changes the line, too."""
        known = self._of(subject)
        known.telephones = read_int(body.get("contacts"), "contacts", 0, 99)
        agent = printable(str(body.get("user_agent", "")))
        facts: list[PbxFact] = [RegistrationFact(subject, known.telephones, agent)]
        return facts if known.line is None else [*facts, _shown_line(known, known.line)]

    def features(self, subject: Extension, body: Mapping[str, object]) -> list[PbxFact]:
        """``ext/200/features``: do not disturb and forwarding."""
        known = self._of(subject)
        known.dnd = read_bool(body.get("dnd"), "dnd")
        profile = read_int(body.get("profile", 0), "profile", 0, 9)
        rules = read_int(body.get("rules", 0), "rules", 0, MAX_RULES)
        forward = body.get("forward")
        if not isinstance(forward, dict):
            raise RefusedError("forward is no object")
        whens = tuple(when for when, name in _WHENS.items() if forward.get(name))
        fact = ForwardingFact(subject, profile, bool(whens or rules), "", whens, rules)
        return [fact, _shown_presence(subject, known)]

    def presence(self, subject: Extension, body: Mapping[str, object]) -> list[PbxFact]:
        """``ext/200/presence``: what was set by hand."""
        known = self._of(subject)
        known.presence = PresenceFact(
            subject,
            read_enum(body.get("presence"), "presence", PresenceState),
            _decoded(read_text(body.get("text64", ""), "text64", 800)),
            1000 * read_int(body.get("until", 0), "until", 0, _MAX_S),
        )
        return [_shown_presence(subject, known)]

    def mailbox(self, subject: Extension, body: Mapping[str, object]) -> list[PbxFact]:
        """``ext/200/mwi``."""
        new = read_int(body.get("new"), "new", 0, 9999)
        old = read_int(body.get("old"), "old", 0, 9999)
        return [MailboxFact(subject, Mailbox(new > 0, new, old))]

    def queue(self, subject: Extension, body: Mapping[str, object]) -> list[PbxFact]:
        """``queue/700``."""
        members = body.get("members")
        if not isinstance(members, list) or len(members) > MAX_MEMBERS:
            raise RefusedError(f"members is no list of at most {MAX_MEMBERS}")
        waiting = read_int(body.get("waiting", 0), "waiting", 0, 9999)
        return [QueueFact(subject, tuple(sorted(map(_member, members), key=_number)), waiting)]

    def _of(self, subject: Extension) -> _Known:
        return self._known.setdefault(subject, _Known())


def _shown_line(known: _Known, line: LineFact) -> LineFact:
    if line.state is LineState.FREE and known.telephones == 0:
        return LineFact(line.extension, LineState.OFFLINE)
    return line


def _shown_presence(subject: Extension, known: _Known) -> PresenceFact:
    if known.dnd:
        return PresenceFact(subject, PresenceState.DND)
    return known.presence or PresenceFact(subject, PresenceState.NONE)


def _number(member: QueueMember) -> str:
    return member.extension


def _member(value: object) -> QueueMember:
    if not isinstance(value, dict):
        raise RefusedError("a member is no object")
    state = value.get("state")
    if state not in ("in", "out", "paused"):
        raise RefusedError("state of a member is none of in, out, paused")
    extension = read_subject(value.get("ext"), "ext")
    return QueueMember(extension, logged_in=state != "out", paused=state == "paused")


def _line(subject: Extension, body: Mapping[str, object]) -> LineFact:
    lamp, calls = body.get("lamp"), body.get("calls", [])
    if not isinstance(lamp, str) or lamp not in _LINE_STATES:
        raise RefusedError(f"lamp is none of {', '.join(_LINE_STATES)}")
    if not isinstance(calls, list) or len(calls) > _MAX_CALLS:
        raise RefusedError(f"calls is no list of at most {_MAX_CALLS}")
    state = _LINE_STATES[lamp]
    if state is LineState.FREE:
        return LineFact(subject, state)
    deciding = next((call for call in calls if _decides(call, state)), None)
    return LineFact(subject, state) if deciding is None else _of_call(subject, state, deciding)


def _decides(call: object, state: LineState) -> bool:
    if not isinstance(call, dict):
        raise RefusedError("a call is no object")
    phase, direction = _CALL_STATES[state]
    return phase in ("", call.get("state")) and direction in ("", call.get("direction"))


def _of_call(subject: Extension, state: LineState, call: Mapping[str, object]) -> LineFact:
    is_incoming = call.get("direction") == "recipient"
    peer = printable(read_text(call.get("peer", ""), "peer", 64))
    dialog = _dialog(call) if is_incoming and state is LineState.RINGING else None
    return LineFact(
        extension=subject,
        state=state,
        direction=Direction.INCOMING if is_incoming else Direction.OUTGOING,
        peer=Party(peer) if peer else None,
        since_ms=1000 * read_int(call.get("since", 0), "since", 0, _MAX_S),
        dialog=dialog,
    )


def _dialog(call: Mapping[str, object]) -> Dialog | None:
    """Return the dialog of a call that rings, seen from its caller."""
    names = ("call_id", "remote_tag", "local_tag", "remote_target")
    texts = [read_text(call.get(name, ""), name, 256) for name in names]
    return Dialog(*texts) if all(texts) else None


_READERS: dict[
    tuple[str, str],
    Callable[[KamailioReader, Extension, Mapping[str, object]], list[PbxFact]],
] = {
    ("ext", "state"): KamailioReader.line,
    ("ext", "registration"): KamailioReader.registration,
    ("ext", "features"): KamailioReader.features,
    ("ext", "presence"): KamailioReader.presence,
    ("ext", "mwi"): KamailioReader.mailbox,
    ("park", ""): KamailioReader.park,
    ("queue", ""): KamailioReader.queue,
}


# -- commands ---------------------------------------------------------------------


def errand_of(order: PbxCommand) -> Errand | str:  # noqa: PLR0911  # one line each
    """Return an order in Kamailio's words, or why it cannot be done there."""
    match order:
        case PickUp(extension=ext, by=by):
            return Errand(f"call/{by}", f"**{ext}")
        case FetchParked(slot=slot, by=by):
            return Errand(f"call/{by}", slot)
        case Originate(extension=ext, number=number):
            return Errand(f"call/{ext}", number)
        case HangUp(extension=ext):
            return Errand(f"hangup/{ext}")
        case Park(extension=ext, slot=number) | Redirect(extension=ext, number=number):
            return Errand(f"refer/{ext}", number)
        case SetGlobalDnd(extension=ext, on=on):
            return Errand(f"dnd/{ext}", "on" if on else "off")
        case ActivateProfile(extension=ext, profile=profile):
            return Errand(f"profile/{ext}", str(profile))
        case SetPresence():
            return _presence_errand(order)
        case SetForwarding():
            return _forward_errand(order)
        case ServeQueue(queue=queue, extension=ext, logged_in=logged_in):
            return Errand(f"queue/{ext}/{queue or 'all'}", "in" if logged_in else "out")


def _presence_errand(order: SetPresence) -> Errand:
    text = base64.urlsafe_b64encode(order.text[:TEXT_CHARS].encode()).decode()
    until_s = -(-order.until_ms // 1000)
    return Errand(f"presence/{order.extension}", f"{order.presence.value} {until_s} {text}".strip())


def _forward_errand(order: SetForwarding) -> Errand:
    """Return what sets a line of a profile (``*`` = all callers), or a rule for some."""
    topic = f"forward/{order.extension}/{order.profile}/{_WHENS[order.when]}"
    caller = "*" if order.caller is None else caller_word(order.caller)
    if order.target is None:
        return Errand(topic, caller)
    where = order.target.number if order.target.to is To.NUMBER else order.target.to.value
    milliseconds = f" {1000 * order.after_s}" if order.when is When.NO_ANSWER else ""
    return Errand(topic, f"{caller} {where}{milliseconds}")


def _decoded(text64: str) -> str:
    """Return a free text that went through Kamailio unread."""
    try:
        text = base64.urlsafe_b64decode(text64).decode()
    except (ValueError, binascii.Error):
        raise RefusedError("text64 is no Base64 of UTF-8") from None
    return printable(text, TEXT_CHARS)


@dataclass(frozen=True, slots=True)
class Run:
    """One run of Kamailio's script, as its answer to ``sync`` and ``ping`` says.

    Args:
        name: random; commands for another run are refused there.
        last: number of the last command it took.
    """

    name: str
    last: int


def read_run(payload: bytes) -> Run | None:
    """Return the run in an answer to ``sync`` or ``ping``, None when there is none."""
    name, _, last = payload[:64].decode(errors="replace").partition(" ")
    is_run = name.isascii() and name.isalnum() and last.isascii() and last.isdigit()
    return Run(name, int(last)) if is_run else None
