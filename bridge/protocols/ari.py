"""The Asterisk REST Interface: who calls whom (page: ``ari.md``).

Every event of a channel carries the whole channel, so nothing is put together: the last one counts.
The one who talks is our PBX, but names and numbers in its messages are those of callers. Pure.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from bridge.model.asterisk import DialPlan
from bridge.model.blf import Extension, LineFact, LineState
from bridge.model.calls import Direction, Party
from bridge.model.redaction import printable
from bridge.protocols.mqtt_envelope import RefusedError, read_object, read_text
from bridge.protocols.pbx_states import Refusal
from bridge.protocols.pbx_topics import is_subject

EVENT_LIMIT = 65_536  # bytes; an event of a bridge names every channel in it
LIST_LIMIT = 16_777_216  # bytes; a channel takes about 600: 25,000 channels
APPLICATION = "offhook"  # name of our subscription; no channel is ever sent to it
EVENTS = f"/ari/events?app={APPLICATION}&subscribeAll=true"
CHANNELS = "/ari/channels"
FILTER = f"/ari/applications/{APPLICATION}/eventFilter"
UNHEARD = '{"disallowed":[{"type":"ChannelVarset"},{"type":"ChannelDialplan"}]}'
"""Two of three events of a call, measured with 22.10.1; filters since Asterisk 13.26 and 16.3."""

_OF_CHANNELS = (  # compared with what may be anything, so no set
    *("ChannelCreated", "ChannelStateChange", "ChannelConnectedLine", "ChannelCallerId"),
    *("ChannelHold", "ChannelUnhold", "ChannelEnteredBridge", "ChannelLeftBridge"),
)
_OVER = "ChannelDestroyed"
_RINGS = "Ringing"  # the telephone rings
_TALKS = "Up"
_DIALLED_BY_PBX = ("AppDial", "AppQueue", "AppDial2")  # as ``dialplan.app_name``
_NAME_CHARS = 256
_NOBODY = frozenset({"", "<unknown>", "unknown", "s"})


@dataclass(frozen=True, slots=True)
class Channel:
    """One end of a call.

    Args:
        extension: whose telephone it is.
        state: word of Asterisk.
        direction: seen from the extension.
        peer: with whom it is, or is to be, connected; None = not known.
        since_ms: of its state, Unix milliseconds; 0 = not known.
    """

    extension: Extension
    state: str
    direction: Direction
    peer: Party | None
    since_ms: int


@dataclass(slots=True)
class AriCalls:
    """The ends of calls at extensions, as ARI tells them.

    Args:
        plan: how channels are called.
    """

    plan: DialPlan
    _owners: dict[str, Extension] = field(default_factory=dict)  # by id of the channel
    _lines: dict[Extension, dict[str, Channel]] = field(default_factory=dict)

    def forget(self) -> set[Extension]:
        """Nothing is known any more; return whose calls were."""
        whose = set(self._lines)
        self._owners.clear()
        self._lines.clear()
        return whose

    def begin(self, answer: bytes) -> set[Extension] | Refusal:
        """Take the list of all channels; return whose calls are others now.

        Args:
            answer: to ``CHANNELS``; foreign bytes.
        """
        if len(answer) > LIST_LIMIT:
            return Refusal("size", f"{len(answer)} bytes: at most {LIST_LIMIT}")
        changed = self.forget()
        try:
            for body in _listed(answer):
                changed |= self._keep(body, "")
        except RefusedError as why:
            return Refusal("content", f"channels: {why}")
        return changed

    def feed(self, event: str) -> set[Extension] | Refusal:
        """Take an event; return whose calls are others now.

        Args:
            event: foreign text, any length.
        """
        if len(event) > EVENT_LIMIT:
            return Refusal("size", f"{len(event)} characters: at most {EVENT_LIMIT}")
        try:
            body = read_object(event.encode(errors="replace"))
            kind, channel = body.get("type"), body.get("channel")
            if kind == _OVER:
                return self._drop(channel)
            if kind not in _OF_CHANNELS:
                return set()
            stamp = body.get("timestamp") if kind == "ChannelStateChange" else ""
            return self._keep(channel, str(stamp))
        except RefusedError as why:
            return Refusal("content", f"an event: {why}")

    def refine(self, line: LineFact) -> LineFact:
        """Return a line with what is known of its call; one that only dials is *dialing*."""
        own = list(self._lines.get(line.extension, {}).values())
        match line.state:
            case LineState.RINGING:
                deciding = _first(own, _RINGS)
            case LineState.BUSY | LineState.HELD:
                deciding = _first(own, _TALKS)
                if deciding is None and own and line.state is LineState.BUSY:
                    deciding, line = own[0], replace(line, state=LineState.DIALING)
            case _:
                return line
        if deciding is None:
            return line
        return replace(
            line, direction=deciding.direction, peer=deciding.peer, since_ms=deciding.since_ms
        )

    # -- private --------------------------------------------------------------

    def _keep(self, value: object, stamp: str) -> set[Extension]:
        name, body = _identified(value)
        extension = self._owner(read_text(body.get("name"), "name", _NAME_CHARS))
        moved = self._forget_one(name) if self._owners.get(name) != extension else set()
        if extension is None:
            return moved
        before = self._lines.get(extension, {}).get(name)
        channel = _channel(extension, body, before, stamp)
        self._lines.setdefault(extension, {})[name] = channel
        self._owners[name] = extension
        return moved if channel == before else moved | {extension}

    def _drop(self, value: object) -> set[Extension]:
        return self._forget_one(_identified(value)[0])

    def _forget_one(self, name: str) -> set[Extension]:
        """Forget a channel that is over, or was given to another telephone by a transfer."""
        extension = self._owners.pop(name, None)
        if extension is None:
            return set()
        own = self._lines[extension]
        del own[name]
        if not own:
            del self._lines[extension]
        return {extension}

    def _owner(self, channel: str) -> Extension | None:
        """Return whose telephone ``PJSIP/200-00000012`` is."""
        before, _, after = self.plan.channel.partition("{}")
        device, dash, _ = channel.rpartition("-")
        if not (dash and device.startswith(before) and device.endswith(after)):
            return None
        name = device[len(before) : len(device) - len(after)]
        return Extension(name) if is_subject(name) else None


def _first(channels: list[Channel], state: str) -> Channel | None:
    """Return the channel that has been in a state for longest."""
    fitting = [channel for channel in channels if channel.state == state]
    return min(fitting, key=lambda channel: channel.since_ms, default=None)


def _listed(answer: bytes) -> list[object]:
    listed = read_object(b'{"channels":' + answer + b"}")["channels"]
    if not isinstance(listed, list):
        raise RefusedError("they are no list")
    return listed


def _identified(value: object) -> tuple[str, Mapping[str, object]]:
    if not isinstance(value, dict):
        raise RefusedError("channel is no object")
    return read_text(value.get("id"), "id", _NAME_CHARS), value


def _channel(
    extension: Extension, body: Mapping[str, object], before: Channel | None, stamp: str
) -> Channel:
    state = read_text(body.get("state"), "state", 32)
    plan = body.get("dialplan")
    place: Mapping[str, object] = plan if isinstance(plan, dict) else {}
    app = place.get("app_name")
    is_dialled = state == _RINGS or app in _DIALLED_BY_PBX or (not app and state == "Down")
    direction = Direction.INCOMING if is_dialled else Direction.OUTGOING
    peer = _party(body.get("connected"), extension)
    if peer is None and before is not None:
        peer = before.peer
    elif peer is None and not is_dialled:
        peer = _party({"number": place.get("exten")}, extension)  # as dialled
    if before is not None and before.state == state:
        since_ms = before.since_ms
    else:
        since_ms = _unix_ms(stamp) or _unix_ms(body.get("creationtime"))
    return Channel(extension, state, direction, peer, since_ms)


def _party(value: object, own: Extension) -> Party | None:
    """Return whom a part of a channel names; itself while it is called to call somebody."""
    if not isinstance(value, dict):
        return None
    number, name = value.get("number"), value.get("name")
    if not isinstance(number, str) or number in _NOBODY or number == own:
        return None
    said = name if isinstance(name, str) and name not in _NOBODY else ""
    return Party(printable(number), printable(said))


def _unix_ms(text: object) -> int:
    """Return ``2026-11-22T09:58:42.209+0000`` as Unix milliseconds, 0 for what is none."""
    if not isinstance(text, str) or not text:
        return 0
    try:
        moment = datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%f%z")
    except ValueError:
        return 0
    return max(0, round(moment.timestamp() * 1000))
