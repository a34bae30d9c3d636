"""The state of the core: frozen, compared by value."""

from dataclasses import dataclass, field, replace
from enum import Enum

from bridge.core.permit import Dials
from bridge.model.calls import Direction, Mailbox, Party, Phase, RegistrationState
from bridge.model.effects import UseSound
from bridge.model.forwarding import Forwarding
from bridge.model.habits import Habits
from bridge.model.hid import DeviceInfo, Indication
from bridge.model.ids import AccountId, CallId, DeviceId, RequestId
from bridge.model.intents import Verb
from bridge.model.sound import Ring


class Wish(Enum):
    """What has been asked of the engine for a call and is not confirmed yet."""

    NONE = "none"
    ANSWER = "answer"
    END = "end"
    LEAVE = "leave"  # we were sent elsewhere: the other end will end it


@dataclass(frozen=True, slots=True)
class Transfer:
    """The other end of a call is being sent elsewhere.

    Args:
        target: where, as sent; empty = to the other end of ``other``.
        other: our call that the other end takes over.
        is_asked: the other end has been told; else the call has to be answered first.
        sip: what it said last about its new call; 0 = nothing yet.
        words: how often it said something; the first time it only agreed.
        is_taken: the end of ``other`` has hung up on us since, as it does when it was taken over.
        is_move: ``other`` leads to another telephone of ours.
    """

    target: str
    other: CallId | None = None
    is_asked: bool = True
    sip: int = 0
    words: int = 0
    is_taken: bool = False
    is_move: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """One call leg.

    ``phase`` is what the network confirmed. ``hold_wanted`` and ``wish`` are what people here want;
    lamps follow those.
    """

    call: CallId
    account: AccountId
    direction: Direction
    phase: Phase
    remote: Party
    since_s: float
    wish: Wish = Wish.NONE
    device: DeviceId | None = None
    home: DeviceId | None = None  # its device left the bus; it goes back there if that returns
    taken_on: DeviceId | None = None  # whose own key answered, placed or resumed it
    hold_wanted: bool = False
    hold_local: bool = False
    hold_in_flight: bool = False
    hold_refused: bool = False  # silent towards the other end, but not on hold there
    microphone_muted: bool = False  # what the engine was last told
    codec: str = ""
    silenced: bool = False  # it rings without a sound
    is_internal: bool = False  # an extension of the same PBX
    diverted_by: Party | None = None  # who was called first, or sent us on
    transfer: Transfer | None = None
    referred_from: CallId | None = None  # our call whose other end sent us here
    joined: bool = False  # in conference with our other call
    recording: bool = False
    intercom: bool = False  # answered by itself
    sent_on: bool = False  # forwarded before it rang
    pressed: str = field(default="", repr=False)  # keys at the other end, may be a secret
    moved_from: CallId | None = None  # to another telephone of ours: nobody here listens
    sends_on: bool = False  # to a telephone that is to call somebody else: nobody here listens
    later: str = field(default="", repr=False)  # digits to press once it is up, may be a secret
    dialog: str = ""  # by which another telephone may take our place
    public: str = ""  # it was placed or answered by somebody whom nobody knows: the source

    @property
    def is_ringing(self) -> bool:
        """Whether it rings here and nobody has decided yet."""
        return self.phase is Phase.RINGING and self.wish is Wish.NONE

    @property
    def is_open(self) -> bool:
        """Whether somebody here deals with it: not ringing, not asked to end."""
        return not self.is_ringing and self.wish not in {Wish.END, Wish.LEAVE}

    @property
    def is_deaf(self) -> bool:
        """Whether nobody here listens: it only leads another telephone to somebody else."""
        return self.sends_on or self.moved_from is not None

    @property
    def is_up(self) -> bool:
        """Whether both ends have media: connected or held by either."""
        return self.phase in {Phase.CONNECTED, Phase.HELD, Phase.REMOTE_HELD}


@dataclass(frozen=True, slots=True)
class Echo:
    """A hook or mute level we expect back because of our own write."""

    on: bool
    until_s: float


@dataclass(frozen=True, slots=True)
class Headset:
    """The conversation with one device."""

    info: DeviceInfo
    hook: bool | None = None  # its own last word; None before the first
    shown: Indication = field(default_factory=Indication)
    echoes: tuple[Echo, ...] = ()  # of the hook
    guard_until_s: float = float("-inf")  # hook edges are not believed before
    disbelieved: bool = False  # an edge was swallowed by the guard
    foreign: bool = False  # another program has a call on it
    foreign_since_s: float = float("-inf")
    borrowed: bool = False  # we wrote off-hook for the other program's sake
    overwritten: bool = False  # another program may be putting our lamps out
    probe_until_s: float = float("-inf")  # a mute press before is the device refusing to unmute
    mute_locked: bool = False  # its own switch (boom arm) mutes it
    mute_level: bool = False  # its own word, where mute is a level
    mute_echoes: tuple[Echo, ...] = ()  # expected of it
    lifted_at_s: float = float("-inf")  # last lift that was taken for a press
    off_hook_at_s: float = float("-inf")  # when off-hook was written last
    on_hooks: int = 0  # on-hook reports in a row while it rings
    pulses: bool = False  # the hook fell back at once: every rise is a press
    settling: bool = False  # just plugged in: nothing is written yet
    busy: bool = False  # its line-busy flag, anybody's call
    faults: int = 0
    digits: str = field(default="", repr=False)  # typed while idle, personal data
    digits_call: CallId | None = None  # fresh with each digit, for the call that dials them

    @property
    def device(self) -> DeviceId:
        """Identity of the device."""
        return self.info.device


@dataclass(frozen=True, slots=True)
class Line:
    """One account."""

    account: AccountId
    registration: RegistrationState = RegistrationState.TRYING
    sip: int = 0
    reason: str = ""
    mailbox: Mailbox | None = None


@dataclass(frozen=True, slots=True)
class Pending:
    """Somebody waits to hear what became of a request."""

    request: RequestId
    verb: Verb
    call: CallId


@dataclass(frozen=True, slots=True)
class State:
    """Everything the core knows."""

    calls: tuple[Call, ...] = ()
    headsets: tuple[Headset, ...] = ()
    lines: tuple[Line, ...] = ()
    pending: tuple[Pending, ...] = ()
    muted: bool = False
    do_not_disturb: bool = False
    waiting_chosen: bool | None = None  # None: as configured
    locked: bool = False  # nothing but emergency numbers is dialled
    mixed: tuple[CallId, CallId] | None = None  # calls the engine was told to mix
    ring: Ring = Ring.OFF
    sound: UseSound = field(default_factory=UseSound)  # whose microphone and speaker are used
    engine_up: bool = False
    max_calls: int = 0
    engine_note: str = "the SIP engine is starting"
    last_dialed: str = ""  # as typed
    dials: Dials = ()  # started off the devices in the last hour
    emergency_at_s: float = float("-inf")  # when an emergency call was placed last
    habits: Habits = field(default_factory=Habits)
    forwarding: Forwarding = field(default_factory=Forwarding)
    notes: tuple[tuple[str, str], ...] = ()  # topic, sentence
    unexpected: int = 0  # events that fitted nowhere

    @property
    def call_waiting(self) -> bool:
        """Whether a second call rings; else it hears busy."""
        chosen = self.waiting_chosen
        return self.habits.call_waiting if chosen is None else chosen

    def find_call(self, call: CallId) -> Call | None:
        """Return the call of that id, or None."""
        return next((c for c in self.calls if c.call == call), None)

    def find_headset(self, device: DeviceId) -> Headset | None:
        """Return the headset of that id, or None."""
        return next((h for h in self.headsets if h.device == device), None)

    def find_line(self, account: AccountId) -> Line | None:
        """Return the line of that account, or None."""
        return next((line for line in self.lines if line.account == account), None)

    def best_headset(self) -> Headset | None:
        """Return the headset that carries what is not said on a headset, or None."""
        ranks = {device: rank for rank, device in enumerate(self.habits.prefer)}
        last = len(ranks)
        return min(self.headsets, key=lambda h: ranks.get(h.device, last), default=None)

    def with_call(self, call: Call) -> "State":
        """Return the state with a call added, or put in the place of its former self."""
        if self.find_call(call.call) is None:
            return replace(self, calls=(*self.calls, call))
        return replace(self, calls=tuple(call if c.call == call.call else c for c in self.calls))

    def without_call(self, call: CallId) -> "State":
        """Return the state without a call."""
        return replace(self, calls=tuple(c for c in self.calls if c.call != call))

    def with_headset(self, headset: Headset) -> "State":
        """Return the state with a headset added, or put in the place of its former self."""
        if self.find_headset(headset.device) is None:
            return replace(self, headsets=(*self.headsets, headset))
        return replace(
            self,
            headsets=tuple(headset if h.device == headset.device else h for h in self.headsets),
        )

    def without_headset(self, device: DeviceId) -> "State":
        """Return the state without a headset."""
        return replace(self, headsets=tuple(h for h in self.headsets if h.device != device))

    def with_line(self, line: Line) -> "State":
        """Return the state with a line added, or put in the place of its former self."""
        if all(known.account != line.account for known in self.lines):
            return replace(self, lines=(*self.lines, line))
        return replace(
            self,
            lines=tuple(line if known.account == line.account else known for known in self.lines),
        )

    def with_note(self, topic: str, text: str) -> "State":
        """Return the state with a matter told; empty text clears it."""
        rest = tuple((t, s) for t, s in self.notes if t != topic)
        return replace(self, notes=(*rest, (topic, text)) if text else rest)

    def as_unexpected(self) -> "State":
        """Return the state unchanged but for the counter."""
        return replace(self, unexpected=self.unexpected + 1)
