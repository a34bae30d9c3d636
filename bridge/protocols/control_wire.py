"""What the ``offhook`` command asks the running daemon; the answers are in ``control_answers``.

JSON objects, one a line, UTF-8, at most ``LINE_BYTES`` with the newline. The client asks with an
``id`` of its own; each answer carries it. One question gets one ``result`` or one ``refusal``;
``trace`` gets a result and then one ``trace`` line per entry until the client closes.

The page of this protocol is ``control_wire.md``.
"""

import re
from dataclasses import dataclass

from bridge.model.habits import HeadsetMode
from bridge.model.ids import AccountId, CallId, DeviceId
from bridge.model.intents import ORIGIN_FORM, ORIGIN_WORDS, Intent, Verb
from bridge.model.redaction import printable
from bridge.model.sound import VOLUME_FORM, SoundPart
from bridge.protocols.control_lines import LINE_BYTES, LineSplitter, json_line, json_object
from bridge.protocols.control_records import (
    WORDS,
    RecordQuestion,
    arguments_of,
    record_question,
    word_of,
)
from bridge.protocols.sip_dialog import DIALOG_FORM

VERSION = 1
LINK_CHARACTERS = 4096  # browsers pass on what they are given
TARGET_CHARACTERS = 256  # longer than any number or SIP URI a person calls
MAX_ID = 2**31  # ids count questions of one connection

NEVER_OVER_THE_WIRE = frozenset(
    {
        *(Verb.TOGGLE_MUTE, Verb.TOGGLE_HOLD, Verb.TOGGLE_DND, Verb.TOGGLE_WAITING),
        Verb.END_AND_ANSWER,
    }
)
ABOUT_NO_CALL = frozenset(
    {
        *(Verb.DIAL, Verb.REDIAL, Verb.CALL_BACK, Verb.PULL, Verb.BACK, Verb.CONFERENCE),
        *(Verb.DND_ON, Verb.DND_OFF, Verb.WAITING_ON, Verb.WAITING_OFF),
        *(Verb.LOCK, Verb.UNLOCK),
    }
)
MAY_HAVE_TARGET = frozenset({Verb.DIVERT, Verb.TRANSFER, Verb.MOVE})
REJECT_STATUS = frozenset({486, 603})  # busy here, decline (RFC 3261 21.4.24, 21.6.2)

_CALL = re.compile(r"[0-9a-z]{1,20}")
_ACCOUNT = re.compile(r"[a-z0-9-]{1,32}")
_DEVICE = re.compile(r"[a-z0-9-]{1,48}")
_DIGITS = re.compile(r"[0-9*#A-D]{1,32}")
_VOLUME = re.compile(VOLUME_FORM)
_DIALOG = re.compile(DIALOG_FORM)
_ORIGIN = re.compile(ORIGIN_FORM)
_IDENTITY = re.compile(r"anonymous|\+?[0-9*#]{1,32}")

DIALOG_WORDS = "a dialog: CALL-ID;to-tag=TAG;from-tag=TAG, as the status of the other one tells"


# -- questions ----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ping:
    """Are you there? Answered by the event loop itself."""


@dataclass(frozen=True, slots=True)
class GetStatus:
    """Everything about calls, lines, devices and health."""


@dataclass(frozen=True, slots=True)
class GetDevices:
    """The attached devices with what their descriptors declare."""


@dataclass(frozen=True, slots=True)
class GiveIntent:
    """Do this."""

    intent: Intent


@dataclass(frozen=True, slots=True)
class WatchTrace:
    """Send every trace entry from now on."""


@dataclass(frozen=True, slots=True)
class SetMode:
    """From now on, treat a headset like this."""

    device: DeviceId
    mode: HeadsetMode


@dataclass(frozen=True, slots=True)
class SetVolume:
    """From now on, until the daemon ends, be so loud.

    Args:
        part: microphone, speaker or ringer.
        volume: as ``model.sound.factor_of`` takes it.
    """

    part: SoundPart
    volume: str


@dataclass(frozen=True, slots=True)
class OpenLink:
    """Somebody clicked this: ask, then dial."""

    link: str


@dataclass(frozen=True, slots=True)
class Stop:
    """End the daemon: hang up, un-register, leave."""


Question = (
    Ping
    | GetStatus
    | GetDevices
    | GiveIntent
    | OpenLink
    | WatchTrace
    | SetMode
    | SetVolume
    | Stop
    | RecordQuestion
)


@dataclass(frozen=True, slots=True)
class Asked:
    """One question as the daemon sees it."""

    id: int
    question: Question


@dataclass(frozen=True, slots=True)
class Unusable:
    """A line that is no question.

    Args:
        id: of the question, 0 when even that could not be read.
        reason: expected and found, one sentence.
        fatal: what follows cannot be trusted either; close the connection.
    """

    id: int
    reason: str
    fatal: bool = False


# -- questions to bytes and back ----------------------------------------------


def encode_question(number: int, question: Question) -> bytes:
    """Return the line that asks a question.

    Args:
        number: the id the answer will carry, 1..``MAX_ID``.
        question: what.
    """
    return json_line({"v": VERSION, "id": number, "do": _word(question), **_arguments(question)})


_WORD_OF: dict[type[object], str] = {
    Ping: "ping",
    GetStatus: "status",
    GetDevices: "devices",
    GiveIntent: "intent",
    OpenLink: "link",
    WatchTrace: "trace",
    SetMode: "mode",
    SetVolume: "volume",
    Stop: "stop",
}


def _word(question: Question) -> str:
    return word_of(question) if isinstance(question, RecordQuestion) else _WORD_OF[type(question)]


def _arguments(question: Question) -> dict[str, object]:
    """Return the members that say something."""
    if isinstance(question, SetMode):
        return {"device": question.device, "mode": question.mode.value}
    if isinstance(question, SetVolume):
        return {"part": question.part.value, "volume": question.volume}
    if isinstance(question, OpenLink):
        return {"link": question.link}
    if isinstance(question, RecordQuestion):
        return dict(arguments_of(question))
    if not isinstance(question, GiveIntent):
        return {}
    intent = question.intent
    body: dict[str, object] = {"verb": intent.verb.value}
    members = {
        "call": intent.call,
        "target": intent.target,
        "account": intent.account,
        "identity": intent.identity,
        "dialog": intent.dialog,
        "from": intent.origin,
    }
    body |= {name: value for name, value in members.items() if value}
    if intent.verb is Verb.REJECT:
        body["status"] = intent.status
    return body


class QuestionDecoder:
    """The daemon's ear: bytes of one connection in, questions out; never raises on them."""

    def __init__(self) -> None:
        self._lines = LineSplitter()
        self._ended = False

    def feed(self, data: bytes) -> list[Asked | Unusable]:
        """Return the questions that are now complete; nothing more after a fatal one."""
        found = [decode_question(line) for line in self._lines.feed(data)]
        if self._lines.overflowed and not self._ended:
            self._ended = True
            reason = f"found a line of {LINE_BYTES} bytes or more, expected a shorter one"
            found.append(Unusable(0, reason, fatal=True))
        return found


def decode_question(line: bytes) -> Asked | Unusable:
    """Return the question of one line, or what is wrong with it."""
    number = 0
    try:
        body = json_object(line)
        number = _number(body.pop("id", None))
        _check_version(body.pop("v", None))
        return Asked(number, _question(body))
    except ValueError as error:
        return Unusable(number, printable(str(error), 300))


def _number(value: object) -> int:
    if type(value) is not int or not 0 < value < MAX_ID:
        raise ValueError(f"id: found {value!r:.40}, expected a whole number from 1")
    return value


def _check_version(value: object) -> None:
    if value != VERSION or isinstance(value, bool):
        raise ValueError(
            f"v: found {value!r:.40}, expected {VERSION}: "
            "use the offhook command of the same installation as the daemon"
        )


def _question(body: dict[str, object]) -> Question:
    word = body.pop("do", None)
    match word:
        case "ping":
            question: Question = Ping()
        case "status":
            question = GetStatus()
        case "devices":
            question = GetDevices()
        case "trace":
            question = WatchTrace()
        case "stop":
            question = Stop()
        case "intent":
            question = GiveIntent(intent_from(body))
        case "mode":
            question = _set_mode(body)
        case "volume":
            question = _set_volume(body)
        case "link":
            question = OpenLink(_link(body.pop("link", None)))
        case str() if word in WORDS:
            question = record_question(word, body)
        case _:
            raise ValueError(
                f"do: found {word!r:.40}, expected ping, status, devices, "
                f"intent, link, mode, volume, trace, {', '.join(WORDS)} or stop"
            )
    if body:
        # What we do not know might have changed the meaning: refused, not ignored.
        raise ValueError(f"{min(body)[:40]}: not expected here")
    return question


def _link(value: object) -> str:
    """Take any text of a sane length: what is wrong with it the daemon tells its user, too."""
    if not isinstance(value, str) or len(value) > LINK_CHARACTERS:
        raise ValueError(f"link: expected a text of at most {LINK_CHARACTERS} characters")
    return value


def _set_mode(body: dict[str, object]) -> SetMode:
    device = _text(body, "device", _DEVICE, "a device id", needed=True)
    mode = body.pop("mode", None)
    known = {one.value: one for one in HeadsetMode}
    if not isinstance(mode, str) or mode not in known:
        raise ValueError(f"mode: found {mode!r:.40}, expected {', '.join(known)}")
    return SetMode(DeviceId(device), known[mode])


def _set_volume(body: dict[str, object]) -> SetVolume:
    part = body.pop("part", None)
    known = {one.value: one for one in SoundPart}
    if not isinstance(part, str) or part not in known:
        raise ValueError(f"part: found {part!r:.40}, expected {', '.join(known)}")
    expected = "a text: 0 to 150 (per cent), or -99 dB to +10 dB"
    return SetVolume(known[part], _text(body, "volume", _VOLUME, expected, needed=True))


def intent_from(body: dict[str, object]) -> Intent:
    """Take the members of an intent out of the body; what belongs to none is left there.

    Raises:
        ValueError: one is missing or of another form.
    """
    verb = _verb(body.pop("verb", None))
    call, target, account, status = "", "", "", 486
    if verb not in ABOUT_NO_CALL:
        call = _text(body, "call", _CALL, "a call id")
    if verb in (Verb.DIAL, Verb.CALL_BACK) or (verb in MAY_HAVE_TARGET and "target" in body):
        target = _target(body.pop("target", None))
    if verb is Verb.DTMF:
        target = _text(body, "target", _DIGITS, "1 to 32 digits 0-9*#A-D", needed=True)
    identity = dialog = ""
    if verb is Verb.PULL and ("dialog" in body or "target" in body):
        dialog = _text(body, "dialog", _DIALOG, DIALOG_WORDS, needed=True)
        target = _target(body.pop("target", None))
    if verb in (Verb.DIAL, Verb.REDIAL, Verb.CALL_BACK, Verb.PULL):
        account = _text(body, "account", _ACCOUNT, "an account id")
        identity = _text(body, "identity", _IDENTITY, "anonymous, or a number")
    origin = ""
    if verb in (Verb.DIAL, Verb.CALL_BACK):
        origin = _text(body, "from", _ORIGIN, ORIGIN_WORDS)
    if verb is Verb.REJECT:
        status = _status(body.pop("status", 486))
    return Intent(
        verb,
        CallId(call) if call else None,
        target,
        AccountId(account) if account else None,
        status,
        identity,
        dialog,
        origin,
    )


def _verb(value: object) -> Verb:
    known = {verb.value: verb for verb in Verb if verb not in NEVER_OVER_THE_WIRE}
    if not isinstance(value, str) or value not in known:
        raise ValueError(f"verb: found {value!r:.40}, expected {', '.join(known)}")
    return known[value]


def _text(
    body: dict[str, object], key: str, form: re.Pattern[str], expected: str, *, needed: bool = False
) -> str:
    value = body.pop(key, "" if not needed else None)
    if value == "" and not needed:
        return ""
    if not isinstance(value, str) or not form.fullmatch(value):
        raise ValueError(f"{key}: found {value!r:.60}, expected {expected}")
    return value


def _target(value: object) -> str:
    text = value.strip() if isinstance(value, str) else ""
    if not text or len(text) > TARGET_CHARACTERS or not text.isprintable():
        raise ValueError(
            f"target: found {value!r:.40}, expected a number or SIP address of 1 to "
            f"{TARGET_CHARACTERS} printable characters"
        )
    return text


def _status(value: object) -> int:
    if type(value) is not int or value not in REJECT_STATUS:
        raise ValueError(f"status: found {value!r:.40}, expected 486 (busy) or 603 (decline)")
    return value
