"""The live trace: what happened to a key press or a call, stage by stage, for whoever watches."""

from collections.abc import Callable

from bridge.drivers.ports import Now, Tracer
from bridge.model.calls import Snapshot
from bridge.model.effects import (
    AnnounceCall,
    AnnounceDigit,
    AnnounceKey,
    AnswerRequest,
    Effect,
    Ignored,
    SetIndication,
    StartTimer,
    StopTimer,
    Tell,
)
from bridge.model.events import (
    ControlChanged,
    DeviceAttached,
    DeviceFaulted,
    DeviceLost,
    Event,
    IntentGiven,
    MatterChanged,
    TimerFired,
)
from bridge.model.redaction import redact
from bridge.model.trace import Stage, TraceEntry


class Trace:
    """Fans entries out to watchers; costs one comparison while nobody watches.

    Args:
        now: monotonic seconds.
    """

    def __init__(self, now: Now) -> None:
        self._now = now
        self._watchers: list[Tracer] = []
        self.on_watch: list[Callable[[bool], None]] = []
        """Told when somebody begins or ceases to watch, so that drivers need not make entries."""

    @property
    def is_watched(self) -> bool:
        """Whether anybody looks: drivers need not make entries otherwise."""
        return bool(self._watchers)

    def add(self, tracer: Tracer) -> None:
        """Give every entry to ``tracer`` from now on."""
        self._watchers.append(tracer)
        self._tell()

    def remove(self, tracer: Tracer) -> None:
        """Stop doing so; harmless when it was not added."""
        if tracer in self._watchers:
            self._watchers.remove(tracer)
            self._tell()

    def __call__(self, entry: TraceEntry) -> None:
        """Take one entry; a ``Tracer`` itself."""
        for watcher in tuple(self._watchers):
            watcher(entry)

    def _tell(self) -> None:
        for told in self.on_watch:
            told(self.is_watched)

    def note(self, stage: Stage, subject: str, text: str, at_s: float | None = None) -> None:
        """Make an entry unless nobody watches."""
        if self._watchers:
            self(TraceEntry(self._now() if at_s is None else at_s, stage, subject, redact(text)))

    # -- as a reader of the switchboard ---------------------------------------

    def stepped(self, event: Event, effects: tuple[Effect, ...]) -> None:
        if not self._watchers:
            return
        self._event(event)
        for effect in effects:
            self._effect(effect)

    def changed(self, now: Snapshot) -> None:
        """The MQTT side makes the entries of what is published."""

    def announced(self, what: AnnounceCall | AnnounceKey | AnnounceDigit | Tell) -> None:
        """Already seen among the effects of the step."""

    def _event(self, event: Event) -> None:
        match event:
            case ControlChanged() | TimerFired() | MatterChanged():
                pass  # the device's session made the entry; timers are nobody's concern
            case DeviceAttached(at_s, info):
                text = f"attached: {info.name} on {info.node}, profile {info.profile}"
                self.note(Stage.NOTE, info.device, text, at_s)
            case DeviceLost(at_s, device, reason):
                self.note(Stage.NOTE, device, f"gone: {reason}", at_s)
            case DeviceFaulted(at_s, device, reason):
                self.note(Stage.NOTE, device, reason, at_s)
            case IntentGiven(at_s, intent):
                call = intent.call or ""
                origin = f"from {intent.origin}" if intent.origin else ""
                target = "" if intent.private else intent.target
                words = (intent.verb.value, target, origin)
                self.note(Stage.INTENT, call, " ".join(filter(None, words)), at_s)
            case _:
                pass  # the driver of the engine made the entry

    def _effect(self, effect: Effect) -> None:
        match effect:
            case SetIndication() | StartTimer() | StopTimer() | AnnounceCall() | AnnounceDigit():
                pass  # the session shows the bytes, MQTT shows what is published
            case AnnounceKey(device, control, _, _, meaning):  # digit by digit it spells a number
                self.note(Stage.INTENT, device, f"{control.value}: {meaning}")
            case Ignored(device, change, why):
                level = "1" if change.on else "0"
                text = f"{change.control.value}={level} ignored: {why}"
                self.note(Stage.SWALLOWED, device, text)
            case AnswerRequest(_, outcome, detail, call):
                self.note(Stage.INTENT, call or "", f"{outcome.value} {detail}".strip())
            case Tell(topic, text):
                if text:
                    self.note(Stage.NOTE, topic, text)
            case _:
                pass  # an order: the driver of the engine made the entry
