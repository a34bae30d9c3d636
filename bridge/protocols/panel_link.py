"""The host's end of the line to one serial panel, without the line: bytes and time in, bytes out.

Theory of operation. The host asks until a panel says hello, then starts a session; with the
panel's acknowledgement it is *ready*. From then on both ends send a beat when they have nothing
else to say, and an end that hears nothing for ``silence_s`` gives the session up: the panel shows
unknown, the host asks anew. Each end has at most one reliable frame on the way and sends it again
until it is acknowledged; the other end takes a number once. Meanwhile lamps that change again
replace what waits, so a slow line shows fewer steps, and never old ones at the end. A frame of
another session counts for nothing, and a session begins only with the number the panel has just
made up: what was left in some buffer lights no lamp and dials nobody.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from bridge.model.blf import KeyFace
from bridge.protocols.panel_faces import FaceQueue
from bridge.protocols.panel_frames import Deframer, Frame, encode_frame
from bridge.protocols.panel_lamps import unknown_on
from bridge.protocols.panel_messages import (
    NEWEST,
    OLDEST,
    Ack,
    Beat,
    Hello,
    Key,
    Kind,
    Odd,
    Status,
    ask,
    read_panel,
    start,
)

ASK_S = 0.5  # between questions; a board that was reset by opening its port needs a second or two
ASK_SLOWLY_S = 5.0  # once it was said that nobody answers
STALE_PRESS_S = 1.0  # a press that was so long on its way is not told: it would surprise
_WRAP = 0x10000


@dataclass(frozen=True, slots=True)
class Pace:
    """Times of a link, seconds.

    Args:
        hello_s: nobody has answered for so long: it is told.
        ack_s: a reliable frame is sent again; several times what the line needs for it.
        tries: of one frame; then the session is given up.
        beat_s: longest time without a word.
        silence_s: longest time without hearing one.
    """

    hello_s: float = 3.0
    ack_s: float = 0.25
    tries: int = 8
    beat_s: float = 1.0
    silence_s: float = 3.0


# -- what the link tells -----------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LinkReady:
    """A session has begun; no lamp is lit."""

    hello: Hello


@dataclass(frozen=True, slots=True)
class LinkLost:
    """The session is over; the host asks anew."""

    reason: str


@dataclass(frozen=True, slots=True)
class LinkRefused:
    """What is attached cannot be used; it is asked on, slowly."""

    reason: str


@dataclass(frozen=True, slots=True)
class KeyMoved:
    """A key went down or up; told once."""

    at_s: float
    key: int
    down: bool


LinkEvent = LinkReady | LinkLost | LinkRefused | KeyMoved


class _Phase(Enum):
    ASKING = "asking"  # nobody has said hello
    STARTING = "starting"  # a session was begun, and not acknowledged
    READY = "ready"


@dataclass(slots=True)
class _Reliable:
    """The one frame that waits for its acknowledgement."""

    frame: Frame
    due_s: float
    tries: int = 0


class HostLink:
    """The line to one panel. Nothing raises, whatever arrives.

    Args:
        at_s: now, monotonic seconds; the same clock is meant everywhere.
        salt: any number; differs from run to run, so that sessions do.
        pace: times.
    """

    def __init__(self, at_s: float, salt: int, pace: Pace | None = None) -> None:
        self.pace = pace or Pace()
        self.counts: Counter[str] = Counter()
        """What was odd, by reason; see also ``damaged``."""
        self._salt = salt
        self._deframer = Deframer()
        self._ask_anew(at_s)

    def _ask_anew(self, at_s: float) -> None:
        self._phase = _Phase.ASKING
        self._hello: Hello | None = None
        self._session = 0
        self._begun_s = self._ask_s = self._heard_s = self._said_s = at_s
        self._taken_before = self._deframer.taken
        self._complained = ""
        self._sequence = 1  # of our last reliable frame
        self._heard_sequence = 0  # of the panel's
        self._heard_key = (-1, False)  # in the frame of that number
        self._reliable: _Reliable | None = None
        self._ack: int | None = None
        self._down: set[int] = set()
        self._faces: FaceQueue | None = None  # while a session is ready

    @property
    def damaged(self) -> Mapping[str, int]:
        """How often bytes were no frame, by reason."""
        return {reason.value: count for reason, count in self._deframer.damaged.items()}

    @property
    def odd(self) -> Mapping[str, int]:
        """How often what came could not be used, by reason: for whoever writes the firmware."""
        return {**self.damaged, **self.counts}

    # -- lamps ---------------------------------------------------------------------

    def show(self, faces: Mapping[int, KeyFace | None]) -> None:
        """Show faces; newest wins. Ignored while no session is ready, and for keys there are not.

        Args:
            faces: by key; None puts it out.
        """
        if self._faces is not None:
            self._faces.put(faces)

    @property
    def is_settled(self) -> bool:
        """Whether everything that was to be shown is acknowledged."""
        return self._reliable is None and (self._faces is None or self._faces.is_empty)

    # -- bytes in ------------------------------------------------------------------

    def feed(self, data: bytes, at_s: float) -> list[LinkEvent]:
        """Take what the line brought, in pieces of any size."""
        events: list[LinkEvent] = []
        for frame in self._deframer.feed(data):
            events += self._take(frame, at_s)
        return events

    def _take(self, frame: Frame, at_s: float) -> list[LinkEvent]:
        said = read_panel(frame)
        match said:
            case Odd(reason):
                self.counts[reason] += 1
                return []
            case Hello():
                return self._greet(said, at_s)
            case _ if frame.session != self._session or self._session == 0:
                self.counts["another session"] += 1
                return []
            case Ack(status):
                self._heard_s = at_s
                return self._acknowledged(frame.sequence, status, at_s)
            case Beat():
                self._heard_s = at_s
                return []
            case Key():
                self._heard_s = at_s
                return self._key(frame.sequence, said, at_s)

    def _greet(self, hello: Hello, at_s: float) -> list[LinkEvent]:
        events: list[LinkEvent] = []
        if self._phase is not _Phase.ASKING:
            is_old = self._phase is _Phase.READY and hello.session == self._session
            if is_old or hello == self._hello:
                return []
            if self._phase is _Phase.READY:
                events.append(LinkLost("the panel started anew"))
            self._ask_anew(at_s)
        version = min(NEWEST, hello.newest)
        if version < max(OLDEST, hello.oldest):
            return [*events, *self._complain(_other_version(hello))]
        self._hello = hello
        self._phase = _Phase.STARTING
        self._heard_s = at_s
        self._session = (hello.session + self._salt % 254) % 255 + 1  # never the panel's last one
        unknown = unknown_on(hello.colors, hello.patterns)
        frame = start(self._session, hello, version, self.pace.silence_s, unknown)
        self._reliable = _Reliable(frame, at_s)
        return events

    def _acknowledged(self, sequence: int, status: int, at_s: float) -> list[LinkEvent]:
        waiting = self._reliable
        if waiting is None or sequence != waiting.frame.sequence or not waiting.tries:
            self.counts["acknowledgement of nothing"] += 1
            return []
        self._reliable = None
        if self._phase is _Phase.STARTING and self._hello is not None:
            if status != Status.DONE:
                hello = self._hello
                self._ask_anew(at_s)
                return self._complain(f"{_name(hello)} refused to begin, with status {status}")
            self._phase = _Phase.READY
            self._faces = FaceQueue(self._hello)
            return [LinkReady(self._hello)]
        if status != Status.DONE:
            self.counts[f"refused with status {status}"] += 1
        return []

    def _key(self, sequence: int, key: Key, at_s: float) -> list[LinkEvent]:
        if self._phase is not _Phase.READY or self._hello is None:
            return []  # not acknowledged, so it comes again
        if sequence == self._heard_sequence and (key.key, key.down) == self._heard_key:
            self._ack = sequence
            self.counts["key told twice"] += 1
            return []
        if sequence != _after(self._heard_sequence):
            self.counts["key out of turn"] += 1
            return []
        self._heard_sequence = self._ack = sequence
        self._heard_key = (key.key, key.down)
        age_s = key.age_ms / 1000
        if key.key >= self._hello.keys:
            self.counts["key there is not"] += 1
            return []
        if key.down == (key.key in self._down):  # also the release of a press that was not told
            self.counts["key moved to where it was"] += 1
            return []
        if key.down and age_s > STALE_PRESS_S:
            self.counts["press too old"] += 1
            return []
        (self._down.add if key.down else self._down.discard)(key.key)
        return [KeyMoved(at_s - age_s, key.key, key.down)]

    # -- time ----------------------------------------------------------------------

    @property
    def due_s(self) -> float:
        """When to call ``tick`` and ``outgoing`` at the latest."""
        pace = self.pace
        if self._phase is _Phase.ASKING:
            return self._ask_s
        waits = [self._heard_s + pace.silence_s]
        if self._reliable is not None:
            waits.append(self._reliable.due_s)
        if self._phase is _Phase.READY:
            waits.append(self._said_s + pace.beat_s)
        return min(waits)

    def tick(self, at_s: float) -> list[LinkEvent]:
        """Notice what did not happen in time."""
        pace = self.pace
        if self._phase is _Phase.ASKING:
            if at_s - self._begun_s >= pace.hello_s and not self._complained:
                return self._complain(self._nobody())
            return []
        waiting = self._reliable
        if waiting is not None and waiting.tries >= pace.tries and at_s >= waiting.due_s:
            return self._give_up("it acknowledges nothing any more", at_s)
        if at_s - self._heard_s >= pace.silence_s:
            return self._give_up("it does not answer any more", at_s)
        return []

    def _give_up(self, reason: str, at_s: float) -> list[LinkEvent]:
        was_ready = self._phase is _Phase.READY
        self._ask_anew(at_s)
        return [LinkLost(reason)] if was_ready else []

    def _complain(self, reason: str) -> list[LinkEvent]:
        """Tell a reason once; ask slowly from then on."""
        if self._complained == reason:
            return []
        self._complained = reason
        return [LinkRefused(reason)]

    def _nobody(self) -> str:
        taken = self._deframer.taken - self._taken_before
        if self.counts["echo"]:
            found = "its own question, as from a line that is looped back"
        elif taken:
            said = ", ".join(f"{reason} {count}" for reason, count in self.odd.items())
            found = f"{taken} bytes of something else ({said or 'another baud rate?'})"
        else:
            found = "nothing"
        return f"no panel answers, expected a hello within {self.pace.hello_s:g} s, found {found}"

    # -- bytes out -----------------------------------------------------------------

    def outgoing(self, at_s: float) -> bytes:
        """Return what is to be written now; call it when the last bytes are out, and at ``due_s``.

        What changes before that call is not sent, only the newest.
        """
        frames: list[Frame] = []
        if self._phase is _Phase.ASKING:
            if at_s >= self._ask_s:
                self._ask_s = at_s + (ASK_SLOWLY_S if self._complained else ASK_S)
                frames.append(ask())
        else:
            if self._ack is not None:
                frames.append(Frame(Kind.ACK, self._session, self._ack))
                self._ack = None
            frames += self._reliable_frame(at_s)
            is_quiet = not frames and at_s - self._said_s >= self.pace.beat_s
            if is_quiet and self._phase is _Phase.READY:
                frames.append(Frame(Kind.BEAT, self._session))
        if frames:
            self._said_s = at_s
        return b"".join(encode_frame(frame) for frame in frames)

    def bye(self) -> bytes:
        """Return the last bytes: a panel in a session shows unknown at once."""
        if self._phase is not _Phase.READY:
            return b""
        return encode_frame(Frame(Kind.BYE, self._session))

    def _reliable_frame(self, at_s: float) -> list[Frame]:
        """Return the reliable frame that is due, the next one when none is on the way."""
        if self._reliable is None and self._faces is not None:
            content = self._faces.take()
            if content is not None:
                kind, payload = content
                self._sequence = _after(self._sequence)
                frame = Frame(kind, self._session, self._sequence, payload)
                self._reliable = _Reliable(frame, at_s)
        waiting = self._reliable
        if waiting is None or at_s < waiting.due_s or waiting.tries >= self.pace.tries:
            return []
        waiting.tries += 1
        waiting.due_s = at_s + self.pace.ack_s
        return [waiting.frame]


def _after(sequence: int) -> int:
    """Return the next number; 0 is none."""
    return (sequence + 1) % _WRAP or 1


def _name(hello: Hello) -> str:
    return hello.model or "the panel"


def _other_version(hello: Hello) -> str:
    theirs = f"{hello.oldest} to {hello.newest}" if hello.oldest != hello.newest else hello.newest
    ours = f"{OLDEST} to {NEWEST}" if OLDEST != NEWEST else NEWEST
    way_out = "Offhook" if hello.oldest > NEWEST else "the firmware of the panel"
    return (
        f"{_name(hello)} speaks version {theirs} of the protocol, Offhook {ours}: update {way_out}"
    )
