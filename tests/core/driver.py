"""A little language for core tests: feed events, collect effects, look at lamps."""

from dataclasses import dataclass, field

from bridge.core.state import Headset, Line, State
from bridge.core.step import step
from bridge.model.calls import Cause, EndedBy, Party, RegistrationState
from bridge.model.effects import AnswerRequest, Effect
from bridge.model.events import (
    CallArrived,
    CallConnected,
    CallEnded,
    CallRinging,
    ControlChanged,
    DeviceAttached,
    DeviceLost,
    EngineReady,
    Event,
    HoldChanged,
    IntentGiven,
    OrderFailed,
    TimerFired,
)
from bridge.model.hid import Conduct, Control, ControlChange, DeviceInfo, Indication, Lamp
from bridge.model.ids import AccountId, CallId, DeviceId, RequestId
from bridge.model.intents import Intent, Outcome, Verb

Effects = tuple[Effect, ...]
Answers = list[tuple[Outcome, str]]

DESK = AccountId("desk")
HEADSET = DeviceId("0b0e-0307-a1")
CALLER = Party("201", "Ada Example")


def info(device: DeviceId = HEADSET, conduct: Conduct | None = None) -> DeviceInfo:
    """Return a headset with every control and lamp."""
    return DeviceInfo(
        device,
        0x0B0E,
        0x0307,
        "test headset",
        "/dev/null",
        frozenset(Control),
        frozenset(Lamp),
        "test",
        conduct or Conduct(),
    )


@dataclass
class Desk:
    """One core with a clock of its own."""

    state: State = field(
        default_factory=lambda: State(lines=(Line(DESK, RegistrationState.REGISTERED),))
    )
    now: float = 100.0
    effects: list[Effect] = field(default_factory=list)
    numbers: int = 0

    def feed(self, event: Event) -> Effects:
        """Step once and keep the effects."""
        self.state, effects = step(self.state, event)
        self.effects += effects
        return effects

    def after(self, seconds: float) -> "Desk":
        """Let time pass."""
        self.now += seconds
        return self

    def ready(self, conduct: Conduct | None = None) -> "Desk":
        """Bring up the engine and one headset."""
        self.feed(EngineReady(self.now, 4))
        self.attach(info(conduct=conduct))
        self.effects.clear()
        return self

    def attach(self, device: DeviceInfo) -> None:
        """Plug a headset in and let it settle."""
        self.feed(DeviceAttached(self.now, device))
        self.after(device.conduct.settle_s).feed(TimerFired(self.now, f"settle:{device.device}"))

    def detach(self, device: DeviceId = HEADSET) -> None:
        """Pull a headset."""
        self.feed(DeviceLost(self.now, device, "unplugged"))

    def key(
        self, control: Control, *, on: bool = True, device: DeviceId = HEADSET, key: str = ""
    ) -> Effects:
        """One control change."""
        self.numbers += 1
        change = ControlChange(control, on, key)
        return self.feed(ControlChanged(self.now, device, change, CallId(f"new{self.numbers:017}")))

    def press(self, control: Control, key: str = "") -> Effects:
        """A pulse: down and up."""
        return (*self.key(control, key=key), *self.key(control, on=False, key=key))

    def lift(self) -> Effects:
        """Hook 0 to 1."""
        return self.key(Control.HOOK)

    def hang_up(self) -> Effects:
        """Hook 1 to 0."""
        return self.key(Control.HOOK, on=False)

    def ask(
        self, verb: Verb, target: str = "", call: str | None = None, status: int = 486
    ) -> Answers:
        """Give an intent off the headset and return the answers so far."""
        self.numbers += 1
        request = RequestId(f"r{self.numbers}")
        intent = Intent(verb, CallId(call) if call else None, target, status=status)
        self.feed(IntentGiven(self.now, intent, CallId(f"new{self.numbers:017}"), request))
        return self.answers(request)

    def gives(self, intent: Intent) -> Effects:
        """Give a whole intent that nobody waits for."""
        self.numbers += 1
        return self.feed(IntentGiven(self.now, intent, CallId(f"new{self.numbers:017}")))

    def answers(self, request: RequestId | None = None) -> Answers:
        """Return what askers have been told, in order."""
        return [
            (e.outcome, e.detail)
            for e in self.effects
            if isinstance(e, AnswerRequest) and (request is None or e.request == request)
        ]

    def arrives(self, call: str = "c1") -> Effects:
        """An INVITE."""
        return self.feed(CallArrived(self.now, CallId(call), DESK, CALLER))

    def rings_there(self, call: str) -> Effects:
        """180 from the other end."""
        return self.feed(CallRinging(self.now, CallId(call)))

    def connects(self, call: str = "c1") -> Effects:
        """ACK."""
        return self.feed(CallConnected(self.now, CallId(call)))

    def held(self, *, local: bool = False, remote: bool = False, call: str = "c1") -> Effects:
        """A re-INVITE is through."""
        return self.feed(HoldChanged(self.now, CallId(call), local, remote))

    def ends(
        self, call: str = "c1", by: EndedBy = EndedBy.REMOTE, sip: int = 200, reason: str = ""
    ) -> Effects:
        """BYE, CANCEL or a final refusal."""
        return self.feed(CallEnded(self.now, CallId(call), Cause(by, sip, reason)))

    def fails(self, order: str, call: str = "c1", reason: str = "no") -> Effects:
        """The engine could not."""
        return self.feed(OrderFailed(self.now, CallId(call), order, 0, reason))

    def timer(self, name: str) -> Effects:
        """A timer ran out."""
        return self.feed(TimerFired(self.now, name))

    def in_call(self, *, by_headset: bool = True) -> "Desk":
        """Ring, answer, connect; the device's echo included."""
        self.arrives()
        if by_headset:
            self.lift()
        else:
            self.ask(Verb.ANSWER)
            self.lift()
        self.after(0.01).connects()
        self.after(2.0)
        self.effects.clear()
        return self

    @property
    def headset(self) -> Headset:
        """The one headset."""
        found = self.state.find_headset(HEADSET)
        assert found is not None
        return found

    @property
    def lamps(self) -> Indication:
        """What the one headset shows."""
        return self.headset.shown
