"""Events and effects in the words of the timeline: which stage, what happened."""

from bridge.demo.listener import Heard
from bridge.model.effects import (
    AnnounceKey,
    AnswerCall,
    Effect,
    EndCall,
    HoldCall,
    Ignored,
    PlaceCall,
    RejectCall,
    ResumeCall,
    RingCall,
    SendDtmf,
    SetMicrophone,
    SetRinger,
)
from bridge.model.events import (
    CallArrived,
    CallConnected,
    CallEnded,
    CallRinging,
    DeviceAttached,
    DeviceFaulted,
    DeviceLost,
    EngineLost,
    Event,
    HoldChanged,
    IntentGiven,
    MatterChanged,
    MediaChanged,
    OrderFailed,
)
from bridge.model.hid import Control

Said = tuple[str, str] | None
"""Stage and words, or nothing worth a line."""

_REASONS = {486: "Busy Here", 603: "Decline"}  # RFC 3261 section 21


def of_event(event: Event) -> Said:  # one case per event
    """Return what an event is to somebody who watches."""
    match event:
        case CallArrived(remote=remote):
            return "SIP", f"← INVITE from {remote.number}"
        case CallRinging():
            return "SIP", "← 180 Ringing"
        case CallConnected():
            return "SIP", "connected"
        case HoldChanged(local=local):
            return "SIP", "← hold agreed" if local else "← both ways agreed"
        case MediaChanged(active=active, codec=codec):
            return "SOUND", f"flows, {codec}" if active else "stops"
        case CallEnded(cause=cause):
            return "SIP", f"call over: {cause.reason or cause.by.value}"
        case OrderFailed(order=order, reason=reason):
            return "NOTE", f"{order} failed: {reason}"
        case _:
            return _of_rare_event(event)


def _of_rare_event(event: Event) -> Said:
    match event:
        case DeviceAttached(info=info):
            return "HID", f"plugged in: {info.name}, profile {info.profile}"
        case DeviceLost(reason=reason):
            return "HID", f"gone: {reason}"
        case DeviceFaulted(reason=reason) | EngineLost(reason=reason):
            return "NOTE", reason
        case MatterChanged(text=text) if text:
            return "NOTE", text
        case IntentGiven(intent=intent):
            return "INTENT", intent.verb.value
        case _:
            return None


def of_effect(effect: Effect) -> Said:  # noqa: PLR0911, C901  # one case per effect
    """Return what an effect is to somebody who watches."""
    match effect:
        case AnnounceKey(meaning=meaning):
            return "INTENT", meaning.replace("_", " ")
        case Ignored(change=change, why=why) if change.control is Control.HOOK:
            return "KEY", f"hook {'up' if change.on else 'down'}, no press: {why}"
        case RingCall():
            return "SIP", "→ 180 Ringing"
        case AnswerCall():
            return "SIP", "→ 200 OK"
        case RejectCall(status=status):
            return "SIP", f"→ {status} {_REASONS.get(status, '')}".rstrip()
        case EndCall():
            return "SIP", "→ BYE"
        case HoldCall():
            return "SIP", "→ re-INVITE, hold"
        case ResumeCall():
            return "SIP", "→ re-INVITE, both ways"
        case PlaceCall():
            return "SIP", "→ INVITE"
        case SendDtmf():
            return "SIP", "→ digits"
        case SetMicrophone(muted=muted):
            return "SOUND", "microphone off, silence is sent" if muted else "microphone on"
        case SetRinger(ring=ring):
            return "SOUND", f"ring tone {ring.value}"
        case _:
            return None


def of_message(heard: Heard) -> Said:
    """Return what an MQTT message is to somebody who watches; states only."""
    body = heard.body
    if heard.topic == "calls":
        calls = body.get("calls")
        if not isinstance(calls, list):
            return None
        states = [f"{one.get('state')}{', muted' if one.get('muted') else ''}" for one in calls]
        return "MQTT", f"calls: {'; '.join(states) or 'none'}"
    lamps = body.get("lamps")
    if heard.topic.startswith("device/") and isinstance(lamps, dict):
        lit = [name.replace("_", "-") for name, on in lamps.items() if on]
        gone = "" if body.get("connected") else ", unplugged"
        return "MQTT", f"lamps: {', '.join(lit) or 'none'}{gone}"
    return None
