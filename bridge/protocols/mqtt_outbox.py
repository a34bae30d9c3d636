"""What is still to be sent, and what may have to be sent again. Pure: time is passed in.

Three kinds of things go out, each with the rule of loss that fits it:

* a *state* is a retained topic: the newest value wins, and all are sent again on every connection;
* an *event* has a number within the epoch and a deadline. Events are sent in order, dropped past
  their deadline, and sent once more after a reconnect if they were acknowledged less than
  ``OVERLAP_S`` before: a broker's acknowledgement does not survive its crash. All are kept for
  readers that find a gap (``history``);
* a *reply* is sent once and dropped when it is late.

Whoever owns the connection takes parcels and settles each: acknowledged, or refused by the broker.
"""

import itertools
from collections import Counter, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from bridge.protocols.mqtt_payloads import VERSION, encode
from bridge.protocols.mqtt_topics import PAYLOAD_LIMIT

KEPT_EVENTS = 512  # most events kept, sent or not
KEPT_S = 600.0
OVERLAP_S = 5.0  # measured: kill -9 of a broker loses what it acknowledged in its last second
REPLY_TTL_S = 10.0
WAITING_REPLIES = 256

Key = str | int
"""A state by its topic, an event by its number, a reply by neither (empty)."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """One message to publish with QoS 1.

    Args:
        key: what it is; see ``Key``.
        topic: where to.
        payload: at most ``PAYLOAD_LIMIT`` bytes; empty clears a retained topic.
        retain: RETAIN flag.
        deadline_s: monotonic time after which it is not to be delivered; None = never too late.
        correlation: MQTT 5 correlation data, or empty.
    """

    key: Key
    topic: str
    payload: bytes
    retain: bool
    deadline_s: float | None = None
    correlation: bytes = b""


@dataclass(slots=True)
class _Record:
    """An event that is kept."""

    seq: int
    topic: str
    body: dict[str, object]
    at_s: float
    deadline_s: float
    waiting: bool = True
    sent: bool = False
    acked_s: float | None = None


@dataclass(slots=True)
class Outbox:
    """See the module.

    Args:
        epoch: name of this run of the bridge.
        state_ttl_s: how long a broker keeps a state that is not sent again; None = for ever.
    """

    epoch: str
    state_ttl_s: float | None = None
    seq: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    _states: dict[str, bytes] = field(default_factory=dict)
    _dirty: dict[str, None] = field(default_factory=dict)
    _sent_s: dict[str, float] = field(default_factory=dict)  # states, the longest ago first
    _kept: deque[_Record] = field(default_factory=deque)
    _waiting: deque[_Record] = field(default_factory=deque)
    _replies: deque[Parcel] = field(default_factory=lambda: deque(maxlen=WAITING_REPLIES))
    _owed: set[Key] = field(default_factory=set)
    _event_is_next: bool = False

    # -- what is to be said ---------------------------------------------------

    def set_state(self, topic: str, payload: bytes | None) -> bool:
        """Set a state; None clears the topic. Return False when there is nothing to send."""
        new = payload or b""
        if len(new) > PAYLOAD_LIMIT:
            self.counts["oversized"] += 1
            return False
        if self._states.get(topic) == new:
            return False
        self._states[topic] = new
        self._dirty.pop(topic, None)
        self._dirty[topic] = None
        return True

    def add_event(
        self, topic: str, body: Mapping[str, object], ttl_s: float, *, now_s: float, wall_ms: int
    ) -> int:
        """Queue an event and return its number."""
        self.seq += 1
        head = {"v": VERSION, "epoch": self.epoch, "seq": self.seq, "ts": wall_ms}
        record = _Record(self.seq, topic, head | dict(body), now_s, now_s + ttl_s)
        self._kept.append(record)
        self._waiting.append(record)
        while len(self._kept) > KEPT_EVENTS or now_s - self._kept[0].at_s > KEPT_S:
            self._forget_oldest()
        return self.seq

    def add_reply(self, topic: str, payload: bytes, correlation: bytes, now_s: float) -> None:
        """Queue a reply; the oldest is dropped when too many wait."""
        if len(payload) > PAYLOAD_LIMIT:
            self.counts["oversized"] += 1
            return
        self.counts["dropped_replies"] += len(self._replies) == WAITING_REPLIES
        deadline_s = now_s + REPLY_TTL_S
        self._replies.append(Parcel("", topic, payload, False, deadline_s, correlation))

    def history(self, since: int, now_s: float) -> tuple[Mapping[str, object], ...]:
        """Return the kept events after number ``since``, oldest first, each with its topic."""
        return tuple(
            record.body | {"topic": record.topic}
            for record in self._kept
            if record.seq > since and now_s - record.at_s <= KEPT_S
        )

    # -- the connection's side ------------------------------------------------

    def begin(self, now_s: float, lost: Iterable[Parcel] = ()) -> None:
        """A connection stands: everything that a reader may have missed is to be sent.

        Args:
            now_s: monotonic seconds.
            lost: parcels of the connection before that were taken and never settled.
        """
        self._dirty = dict.fromkeys(self._states)
        self._waiting = deque(record for record in self._kept if self._is_due(record, now_s))
        for record in self._waiting:
            record.waiting = True
        self._replies.extendleft(parcel for parcel in lost if parcel.key == "")
        self._owed = set(self._dirty) | {record.seq for record in self._waiting}

    @property
    def is_in_step(self) -> bool:
        """Return whether all that was to be sent at ``begin`` has been settled."""
        return not self._owed

    @property
    def is_behind(self) -> bool:
        """Return whether a state waits to be sent."""
        return bool(self._dirty)

    def refresh(self, now_s: float, after_s: float, most: int) -> None:
        """Send states again that went out long ago.

        Args:
            now_s: monotonic seconds.
            after_s: what "long ago" means.
            most: how many at once: the rest comes with the next call.
        """
        for topic, sent_s in list(itertools.islice(self._sent_s.items(), most)):
            if now_s - sent_s < after_s:
                return
            self._dirty[topic] = None

    def take(self, now_s: float) -> Parcel | None:
        """Return what is to be sent next: replies first, then states and events in turn."""
        parcel = self._take_reply(now_s)
        if parcel is not None:
            return parcel
        self._event_is_next = not self._event_is_next
        if self._event_is_next:
            return self._take_event(now_s) or self._take_state(now_s)
        return self._take_state(now_s) or self._take_event(now_s)

    def settle(self, parcel: Parcel, now_s: float, *, refused: bool = False) -> None:
        """The broker acknowledged a parcel, or refused it: then it is not tried again here."""
        self.counts["refused"] += refused
        self._owed.discard(parcel.key)
        match parcel.key:
            case int(seq):
                record = self._find(seq)
                if record is not None and record.acked_s is None:
                    record.acked_s = now_s  # the first time counts: else it would go out for ever
            case str(topic):
                if not parcel.payload and self._states.get(topic) == b"":
                    del self._states[topic]  # cleared, and known to be

    def knows(self, topic: str) -> bool:
        """Return whether a retained topic shows something of ours."""
        return bool(self._states.get(topic))

    # -- private --------------------------------------------------------------

    def _take_reply(self, now_s: float) -> Parcel | None:
        while self._replies:
            parcel = self._replies.popleft()
            if parcel.deadline_s is None or parcel.deadline_s > now_s:
                return parcel
            self.counts["expired_replies"] += 1
        return None

    def _take_state(self, now_s: float) -> Parcel | None:
        if not self._dirty:
            return None
        topic = next(iter(self._dirty))
        del self._dirty[topic]
        payload = self._states.get(topic, b"")
        self._sent_s.pop(topic, None)
        if not payload or self.state_ttl_s is None:
            return Parcel(topic, topic, payload, retain=True)
        self._sent_s[topic] = now_s
        return Parcel(topic, topic, payload, retain=True, deadline_s=now_s + self.state_ttl_s)

    def _take_event(self, now_s: float) -> Parcel | None:
        while self._waiting:
            record = self._waiting.popleft()
            record.waiting = False
            if record.deadline_s > now_s:
                return self._pack(record)
            self.counts["expired"] += 1
            self._owed.discard(record.seq)
        return None

    def _pack(self, record: _Record) -> Parcel:
        body = record.body | {"again": True} if record.sent else record.body
        record.sent = True
        payload = encode(body)
        return Parcel(record.seq, record.topic, payload, False, record.deadline_s)

    def _is_due(self, record: _Record, now_s: float) -> bool:
        if record.deadline_s <= now_s:
            return record.waiting  # counted as expired when its turn comes
        return record.acked_s is None or now_s - record.acked_s <= OVERLAP_S

    def _forget_oldest(self) -> None:
        record = self._kept.popleft()
        if record.waiting:
            self.counts["dropped"] += 1
            self._waiting.remove(record)
            self._owed.discard(record.seq)

    def _find(self, seq: int) -> _Record | None:
        """Return a kept event: numbers have no gaps, so its place follows from its number."""
        if not self._kept:
            return None
        place = seq - self._kept[0].seq
        return self._kept[place] if 0 <= place < len(self._kept) else None
