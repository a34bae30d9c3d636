"""What a finger on a key does now. It goes by the state that the key shows."""

from dataclasses import dataclass, field
from typing import assert_never

from bridge.blf.own import account_of, calls_on, calls_with
from bridge.blf.seeing import GLOBAL
from bridge.model.blf import Dialog, Extension, Favourite, KeyState, KeyType, PresenceState
from bridge.model.calls import CallView, Phase, Snapshot
from bridge.model.intents import Intent, Verb
from bridge.model.lamps import InCall, LampSettings, PickUpBy
from bridge.model.numbers import DialPlan
from bridge.model.pbx import (
    ActivateProfile,
    PbxCommand,
    PickUp,
    ServeQueue,
    SetGlobalDnd,
    SetPresence,
)
from bridge.numbers.dialling import is_emergency

LONG_S = 0.5  # a key held so long does its second function; desk phones want 0.5 to 2 s


@dataclass(frozen=True, slots=True)
class Give:
    """Ask the core for this."""

    intent: Intent


@dataclass(frozen=True, slots=True)
class Order:
    """Ask the PBX for this."""

    command: PbxCommand


@dataclass(frozen=True, slots=True)
class AwaitFree:
    """Tell when the line of the key is free."""


@dataclass(frozen=True, slots=True)
class StopWaiting:
    """Do not tell any more."""


@dataclass(frozen=True, slots=True)
class Refuse:
    """Do nothing, and say why."""

    reason: str


Action = Give | Order | AwaitFree | StopWaiting | Refuse


@dataclass(frozen=True, slots=True)
class Hand:
    """What a press goes by.

    Args:
        state: what the key shows.
        view: our own calls and lines.
        settings: of keys.
        dialog: of the call that rings there, where the PBX tells.
        why_unknown: why it shows *unknown*, with the way out.
        plan: of the line that would call, for emergency numbers.
        caller: number that calls there, where the PBX tells it whole; else empty.
    """

    state: KeyState
    view: Snapshot
    settings: LampSettings
    dialog: Dialog | None = None
    why_unknown: str = ""
    plan: DialPlan = field(default_factory=DialPlan)
    caller: str = ""

    @property
    def talk(self) -> CallView | None:
        """The call we are in: up, and not held by us."""
        up = {Phase.CONNECTED, Phase.REMOTE_HELD}
        return next((call for call in self.view.calls if call.phase in up), None)

    @property
    def parked_here(self) -> CallView | None:
        """A call on hold at our desk."""
        return next((call for call in self.view.calls if call.phase is Phase.HELD), None)


def press(favourite: Favourite, hand: Hand, *, long: bool = False) -> Action:
    """Return what a press does.

    Args:
        favourite: what the key stands for.
        hand: what the press goes by.
        long: it was held for ``LONG_S``.
    """
    target = favourite.long_press if long and favourite.long_press else favourite.target
    if is_emergency(target, hand.plan) and favourite.type in _DIALS:
        return _dial(target)  # whatever the lamp shows and whoever we speak with
    if long:
        return _long(favourite, hand)
    match favourite.type:
        case KeyType.SPEED_DIAL | KeyType.BLF:
            return _colleague(favourite, hand)
        case KeyType.FEATURE_CODE:
            return _code(favourite.target, hand)
        case KeyType.LINE:
            return _line(favourite, hand)
        case KeyType.PARK:
            return _park(favourite, hand)
        case KeyType.VOICEMAIL:
            return _voicemail(favourite, hand)
        case _:
            return _switch(favourite, hand)


def has_second_function(favourite: Favourite, hand: Hand) -> bool:
    """Say whether holding the key does something else: only then a press waits for its end."""
    return not isinstance(press(favourite, hand, long=True), Refuse)


_DIALS = frozenset({KeyType.SPEED_DIAL, KeyType.BLF, KeyType.FEATURE_CODE})

_REACHABLE = frozenset(
    {
        *(KeyState.PLAIN, KeyState.FREE, KeyState.FREE_AGAIN, KeyState.PHONE_ONLY),
        *(KeyState.ASSISTANT, KeyState.AWAY, KeyState.DND, KeyState.OFFLINE),
    }
)
"""A call makes sense: it rings, or the PBX knows where it goes instead."""

_IN_USE = frozenset({KeyState.BUSY, KeyState.DIALING, KeyState.HELD, KeyState.PARKED})


# -- the second function ------------------------------------------------------


def _long(favourite: Favourite, hand: Hand) -> Action:
    if favourite.long_press:
        return _code(favourite.long_press, hand)
    if favourite.type not in {KeyType.SPEED_DIAL, KeyType.BLF}:
        return Refuse(f"{favourite.name}: holding this key does nothing: set its long_press")
    if hand.state in _IN_USE | {KeyState.AWAITED, KeyState.UNKNOWN}:
        return _reach(favourite.target, hand, hand.settings.in_call)  # although
    if hand.state in _REACHABLE and hand.talk is not None:
        is_consult = hand.settings.in_call is InCall.CONSULT
        return _reach(favourite.target, hand, InCall.BLIND if is_consult else InCall.CONSULT)
    return Refuse(f"{favourite.name}: holding this key does nothing now")


# -- people -------------------------------------------------------------------


def _colleague(  # one for each kind of state
    favourite: Favourite, hand: Hand
) -> Action:
    state, target = hand.state, favourite.target
    if state in _REACHABLE:
        return _reach(target, hand, hand.settings.in_call)
    if state is KeyState.RINGING:
        return _pick_up(favourite, hand)
    if state in _IN_USE:
        return AwaitFree()
    if state is KeyState.AWAITED:
        return StopWaiting()
    if state is KeyState.UNKNOWN:
        way_out = "hold the key to call anyway"
        return Refuse(f"{favourite.name}: {hand.why_unknown}; {way_out}")
    call = next(iter(calls_with(hand.view, target)), None)
    if call is None:
        return Refuse(f"{favourite.name}: the call is over")
    return _own_call(favourite, hand, call)


def _own_call(favourite: Favourite, hand: Hand, call: CallView) -> Action:
    """Act on our call with somebody; the second press of a consultation connects both."""
    match call.phase:
        case Phase.RINGING:
            return Give(Intent(Verb.ANSWER, call.call))
        case Phase.HELD:
            return Give(Intent(Verb.RESUME, call.call))
        case Phase.DIALING | Phase.EARLY | Phase.CONNECTED | Phase.REMOTE_HELD:
            if hand.parked_here is not None:
                return Give(Intent(Verb.TRANSFER, hand.parked_here.call))
            if call.phase in {Phase.CONNECTED, Phase.REMOTE_HELD}:
                return Give(Intent(Verb.HOLD, call.call))
            return Refuse(f"{favourite.name} is being called already")
        case Phase.ENDED:
            return Refuse(f"{favourite.name}: the call is over")
        case _:
            assert_never(call.phase)


def _reach(target: str, hand: Hand, in_call: InCall) -> Action:
    """Call somebody, or send our call there. Calling puts the running call on hold."""
    if not target:
        return Refuse("this key has no number: give its favourite a target")
    if hand.talk is not None and in_call is InCall.BLIND:
        return Give(Intent(Verb.TRANSFER, hand.talk.call, target))
    return _dial(target)


def _pick_up(favourite: Favourite, hand: Hand) -> Action:
    settings, dialog = hand.settings, hand.dialog
    if settings.pick_up is PickUpBy.REPLACES and dialog is not None:
        # The caller gets it, to whom its own tag is the one of To (RFC 3891 section 3). Early only:
        # a colleague who was quicker keeps the call.
        tags = f"to-tag={dialog.from_tag};from-tag={dialog.to_tag}"
        text = f"{dialog.call_id};{tags};early-only"
        return Give(Intent(Verb.PULL, target=dialog.caller, dialog=text, behind=hand.caller))
    subject = favourite.subject or favourite.target
    if settings.codes.pick_up:
        code = settings.codes.pick_up + subject
        return Give(Intent(Verb.DIAL, target=code, behind=hand.caller))
    if not settings.extension:
        return Refuse(_NO_EXTENSION)
    return Order(PickUp(Extension(subject), settings.extension))


def _dial(target: str) -> Give:
    return Give(Intent(Verb.DIAL, target=target))


_NO_EXTENSION = "our own extension is not known: set lamps.extension"
_IN_CALL_DIGITS = frozenset("0123456789*#ABCD")  # RFC 4733 events 0..15


def _code(code: str, hand: Hand) -> Action:
    """Dial a code; in a call it goes to the PBX as tones (recording: ``*4``)."""
    if hand.talk is not None and set(code.upper()) <= _IN_CALL_DIGITS:
        return Give(Intent(Verb.DTMF, hand.talk.call, code))
    return _dial(code)


# -- lines, park, mail --------------------------------------------------------


def _line(favourite: Favourite, hand: Hand) -> Action:
    """As line keys do: answer what rings, hold what runs, and swap to what is held."""
    account = account_of(hand.view, favourite.target)
    calls = [] if account is None else calls_on(hand.view, account)
    if calls:
        return _of_line(calls[0])
    if account is None:
        return Refuse(f"{favourite.name}: {hand.why_unknown}")
    line = next(line for line in hand.view.lines if line.account == account)
    if hand.state is KeyState.OUT_OF_USE:
        reason = line.reason or line.registration.value
        return Refuse(f"{favourite.name} is out of use: {reason}")
    return Refuse(f"{favourite.name} is free: dial a number")


def _of_line(call: CallView) -> Action:
    match call.phase:
        case Phase.RINGING:
            return Give(Intent(Verb.ANSWER, call.call))
        case Phase.HELD:
            return Give(Intent(Verb.RESUME, call.call))
        case Phase.CONNECTED | Phase.REMOTE_HELD:
            return Give(Intent(Verb.HOLD, call.call))
        case Phase.DIALING | Phase.EARLY | Phase.ENDED:
            return Refuse("the call is not up yet")
        case _:
            assert_never(call.phase)


def _park(favourite: Favourite, hand: Hand) -> Action:
    slot = favourite.target
    match hand.state:
        case KeyState.PARKED | KeyState.HELD:
            return _dial(hand.settings.codes.fetch + slot)
        case KeyState.FREE | KeyState.OFFLINE:
            if hand.talk is not None:
                return Give(Intent(Verb.TRANSFER, hand.talk.call, slot))
            return Refuse(f"{favourite.name}: no call waits here, and there is none to park")
        case KeyState.UNKNOWN:
            return Refuse(f"{favourite.name}: {hand.why_unknown}")
        case _:
            call = next(iter(calls_with(hand.view, slot)), None)
            return Refuse(f"{favourite.name} is in use") if call is None else _of_line(call)


def _voicemail(favourite: Favourite, hand: Hand) -> Action:
    target = favourite.target or hand.settings.voicemail
    if not target:
        return Refuse("no voice mail number is set: give the key a target, or set voicemail")
    return _dial(target)


_PROFILE_CODE = "*10"  # obeyed here where calls are forwarded here, see ``features.star_codes``


# -- switches -----------------------------------------------------------------


def _switch(favourite: Favourite, hand: Hand) -> Action:
    """Switch what the key shows to the other side; never blindly."""
    if hand.state is KeyState.UNKNOWN:
        return Refuse(f"{favourite.name}: {hand.why_unknown}")
    if favourite.type is KeyType.DND and favourite.target != GLOBAL:
        is_on = hand.state is KeyState.ON
        return Give(Intent(Verb.DND_OFF if is_on else Verb.DND_ON))
    own, is_on = hand.settings.extension, hand.state not in {KeyState.OFF, KeyState.LOGGED_OUT}
    if favourite.type is KeyType.FORWARDING and hand.view.forwarding is not None:
        return _dial(f"{_PROFILE_CODE}{0 if is_on else favourite.target}")
    if not own:
        return Refuse(_NO_EXTENSION)
    match favourite.type:
        case KeyType.QUEUE:
            return _queue(Extension(favourite.target), hand.settings, wanted=not is_on)
        case KeyType.FORWARDING:
            return _profile(0 if is_on else int(favourite.target), hand.settings)
        case KeyType.DND:
            return Order(SetGlobalDnd(own, not is_on))
        case KeyType.PRESENCE:
            wanted = PresenceState.NONE if is_on else PresenceState(favourite.target)
            return Order(SetPresence(own, wanted))
        case _:
            raise AssertionError(f"{favourite.type.value} is no switch")


def _queue(queue: Extension, settings: LampSettings, *, wanted: bool) -> Action:
    code = settings.codes.queue_login if wanted else settings.codes.queue_logout
    return _dial(code + queue) if code else Order(ServeQueue(queue, settings.extension, wanted))


def _profile(profile: int, settings: LampSettings) -> Action:
    if settings.codes.forwarding:
        return _dial(f"{settings.codes.forwarding}{profile}")
    return Order(ActivateProfile(settings.extension, profile))
