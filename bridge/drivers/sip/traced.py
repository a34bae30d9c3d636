"""Orders and events as lines of the live trace, numbers masked."""

from bridge.drivers.ports import Now, Tracer
from bridge.model.effects import (
    ConnectCalls,
    DivertCall,
    EngineOrder,
    JoinCalls,
    PlaceCall,
    RecordCall,
    RejectCall,
    SendDtmf,
    SetMicrophone,
    SetRinger,
    TransferCall,
)
from bridge.model.events import (
    CallArrived,
    CallEnded,
    CallReferred,
    CallReplaced,
    EngineLost,
    Event,
    HoldChanged,
    MediaChanged,
    OrderFailed,
    RecordingChanged,
    RegistrationChanged,
    RemoteChanged,
    TransferChanged,
)
from bridge.model.redaction import mask_number, redact
from bridge.model.trace import Stage, TraceEntry


class Traced:
    """Makes trace entries.

    Args:
        tracer: takes them.
        now: monotonic seconds.
    """

    def __init__(self, tracer: Tracer, now: Now) -> None:
        self._tracer = tracer
        self._now = now

    def order(self, order: EngineOrder) -> None:
        """An order goes to the engine."""
        self._entry(str(getattr(order, "call", "")), f"→ {type(order).__name__}{_of_order(order)}")

    def event(self, event: Event) -> None:
        """An event came from the engine."""
        subject = str(getattr(event, "call", getattr(event, "account", "")))
        self._entry(subject, f"← {type(event).__name__}{_of_event(event)}")

    def note(self, text: str) -> None:
        """The engine has something to say."""
        self._entry("", redact(text))

    def _entry(self, subject: str, text: str) -> None:
        self._tracer(TraceEntry(self._now(), Stage.SIP, subject, text))


class Untraced(Traced):
    """Makes none."""

    def __init__(self) -> None:
        super().__init__(lambda _entry: None, lambda: 0.0)

    def order(self, order: EngineOrder) -> None:
        """Nothing."""

    def event(self, event: Event) -> None:
        """Nothing."""


def traced(tracer: Tracer | None, now: Now) -> Traced:
    """Return who makes trace entries, or who makes none."""
    return Untraced() if tracer is None else Traced(tracer, now)


def _of_order(order: EngineOrder) -> str:  # noqa: PLR0911  # one case per order
    match order:
        case PlaceCall(target=target) | DivertCall(target=target) | TransferCall(target=target):
            return f" to {_masked(target)}"
        case ConnectCalls(other=other):
            return f" with {other}"
        case JoinCalls(other=other, joined=joined):
            return f" {'with' if joined else 'no longer with'} {other}"
        case RecordCall(on=on):
            return " on" if on else " off"
        case SetRinger(ring=ring):
            return f" {ring.value}"
        case RejectCall(status=status):
            return f" with {status}"
        case SetMicrophone(muted=muted):
            return " off" if muted else " on"
        case SendDtmf(digits=digits):
            return f" {len(digits)} digits"
        case _:
            return ""


def _of_event(event: Event) -> str:  # noqa: C901, PLR0911  # one case per event
    match event:
        case CallArrived(remote=remote):
            return f" from {mask_number(remote.number)}"
        case CallReferred(new_call=new_call, target=target):
            return f" to {mask_number(target.number)}: {new_call}"
        case CallReplaced(new_call=new_call, remote=remote):
            return f" by {mask_number(remote.number)}: {new_call}"
        case RemoteChanged(remote=remote):
            return f" to {mask_number(remote.number)}"
        case TransferChanged(sip=sip, reason=reason, final=final):
            return f": {redact(reason)} ({sip}){', the end of it' if final else ''}"
        case RecordingChanged(on=on, reason=reason):
            return f" {'on' if on else 'off'} {redact(reason)}".rstrip()
        case CallEnded(cause=cause):
            return f": {redact(cause.reason)}{_status(cause.sip)}"
        case RegistrationChanged(state=state, sip=sip, reason=reason):
            return f" {state.value}{_status(sip)} {redact(reason)}".rstrip()
        case HoldChanged(local=local, remote=remote_holds):
            return f" here {'yes' if local else 'no'}, there {'yes' if remote_holds else 'no'}"
        case MediaChanged(active=active, codec=codec):
            return f" {codec}" if active else " off"
        case OrderFailed(order=order, sip=sip, reason=reason):
            return f" {order}: {redact(reason)}{_status(sip)}"
        case EngineLost(reason=reason):
            return f": {redact(reason)}"
        case _:
            return ""


def _status(sip: int) -> str:
    return f" ({sip})" if sip else ""


def _masked(target: str) -> str:
    """Return a dialled number masked; of an address only the user part is one."""
    scheme, colon, rest = target.rpartition(":") if "@" not in target else ("", "", target)
    user, at, host = rest.partition("@")
    prefix, _, number = user.rpartition(":")
    shown = f"{prefix}:" if prefix else ""
    return f"{scheme}{colon}{shown}{mask_number(number)}{at}{host}"
