"""The conversation with one device: which control changes are a person's doing.

Theory of operation
-------------------
A report is a request, and our own write comes back as one (``hid_telephony.md``, "echoes"). So
each write that changes off-hook leaves an *echo* behind: the hook level the device will report
because of it. A hook change that matches is swallowed; the echo is bound to the write, not to a
call, hence a late echo of an ended call cannot touch the next one. After writes that are known to
make hooks flicker (the host answers or resumes) a short *guard* disbelieves every hook edge.
"""

from dataclasses import dataclass, replace

from bridge.core.gestures import Gesture, Situation
from bridge.core.state import Echo, Headset
from bridge.model.hid import Control, ControlChange, Indication, Lamp, Style

_PRESSES = {
    Control.FLASH: Gesture.FLASH,
    Control.REJECT: Gesture.REJECT,
    Control.DROP: Gesture.DROP,
    Control.HOLD: Gesture.HOLD,
    Control.MUTE: Gesture.MUTE,
    Control.REDIAL: Gesture.REDIAL,
    Control.KEYPAD: Gesture.DIGIT,
    Control.SPEED_DIAL: Gesture.FREE_KEY,
    Control.VOICE_MAIL: Gesture.FREE_KEY,
    Control.SPEAKER_PHONE: Gesture.FREE_KEY,
    Control.SEND: Gesture.FREE_KEY,
    Control.TEAMS: Gesture.FREE_KEY,
    Control.PLAY_PAUSE: Gesture.FREE_KEY,
    Control.VOLUME_UP: Gesture.FREE_KEY,
    Control.VOLUME_DOWN: Gesture.FREE_KEY,
    Control.SPEAKER_MUTE: Gesture.FREE_KEY,
}


_NEVER_FOLLOWS = 2.0  # times the longest time an echo takes

_IN_A_CALL = frozenset(
    {
        Situation.ACTIVE,
        Situation.OUTGOING,
        Situation.ACTIVE_INCOMING,
        Situation.ACTIVE_HELD,
    }
)


@dataclass(frozen=True, slots=True)
class Heard:
    """What a control change amounts to.

    Args:
        headset: the conversation after it.
        gesture: a person's doing, or None.
        why: for the trace, why it was swallowed; empty for a gesture or the release of a key.
    """

    headset: Headset
    gesture: Gesture | None = None
    why: str = ""


def hear(headset: Headset, change: ControlChange, situation: Situation, at_s: float) -> Heard:
    """Return what a control change of a device amounts to in a situation."""
    match change.control:
        case Control.HOOK:
            return _hear_hook(headset, change.on, situation, at_s)
        case Control.LINE_BUSY:
            return _hear_busy(headset, change.on, situation, at_s)
        case Control.LINE:
            return Heard(headset, why="link flag")
        case Control.MUTE:
            return _hear_mute(headset, change.on, at_s)
        case _:
            return Heard(headset, _PRESSES[change.control] if change.on else None)


def _hear_busy(headset: Headset, on: bool, situation: Situation, at_s: float) -> Heard:
    """Busy while we show nothing and nothing rings is somebody else's call."""
    headset = replace(headset, busy=on)
    ours = not headset.shown.is_idle or situation is not Situation.IDLE
    if on and not ours:
        since_s = headset.foreign_since_s if headset.foreign else at_s
        headset = replace(headset, foreign=True, foreign_since_s=since_s)
        return Heard(headset, why="busy with another program's call")
    return Heard(_foreign_over(headset), why="line busy flag")


def _foreign_over(headset: Headset) -> Headset:
    """Return the conversation without a foreign call once nothing speaks for one."""
    if headset.hook or headset.busy:
        return headset
    return replace(headset, foreign=False)


def _hear_mute(headset: Headset, on: bool, at_s: float) -> Heard:
    if headset.info.conduct.mute_style is Style.LEVEL:
        return _hear_mute_level(headset, on, at_s)
    if not on:
        return Heard(headset)
    if at_s < headset.probe_until_s and not headset.shown.mute:
        locked = replace(headset, mute_locked=True, probe_until_s=float("-inf"))
        return Heard(locked, Gesture.MUTE)  # it refuses: its own switch mutes it
    return Heard(replace(headset, mute_locked=False), Gesture.MUTE)


def _hear_mute_level(headset: Headset, on: bool, at_s: float) -> Heard:
    """A level follows the Mute lamp on some devices: a late echo is no wish for the contrary."""
    headset = replace(headset, mute_level=on)
    if headset.settling:  # it has not been told yet what is; what it says then counts
        return Heard(headset, why="mute level before the first write")
    echoes = tuple(e for e in headset.mute_echoes if e.until_s >= at_s)
    levels = [e.on for e in echoes]
    if on in levels:
        headset = replace(headset, mute_echoes=echoes[levels.index(on) + 1 :])
        return Heard(headset, why="echo of our own mute")
    headset = replace(headset, mute_echoes=echoes)
    if on == headset.shown.mute:
        return Heard(headset, why="mute level as shown")
    if not on and at_s < headset.guard_until_s:  # one that woke up dark has forgotten it
        return Heard(headset, why="unmuted around a write")
    return Heard(headset, Gesture.MUTE)


def _hear_hook(headset: Headset, on: bool, situation: Situation, at_s: float) -> Heard:
    digits = headset.digits if on else ""  # laid down: whatever was typed is given up
    headset = _foreign_over(replace(headset, hook=on, digits=digits))
    echoes = tuple(e for e in headset.echoes if e.until_s >= at_s)
    levels = [e.on for e in echoes]
    if on in levels:
        headset = replace(headset, echoes=echoes[levels.index(on) + 1 :])
        return Heard(headset, why="echo of our own write")
    headset = replace(headset, echoes=echoes)
    if at_s < headset.guard_until_s:
        return Heard(replace(headset, disbelieved=True), why="hook flicker around a write")
    if on:
        return _rise(replace(headset, on_hooks=0), situation, at_s)
    says_no = headset.info.conduct.reject_by_on_hook > 0 and _only_rings(headset)
    if situation is Situation.INCOMING and says_no:
        return _on_hook_while_ringing(headset)
    return _fall(replace(headset, on_hooks=0), at_s)


def _only_rings(headset: Headset) -> bool:
    """Say whether on-hook can mean "no" here: one that is not asked refuses nothing."""
    return headset.shown.ring and not headset.shown.off_hook


def _rise(headset: Headset, situation: Situation, at_s: float) -> Heard:
    pulses = headset.pulses or headset.info.conduct.hook_style is Style.PULSE
    # A hook that has not followed our off-hook for so long does not follow at all: a press.
    idle_s = _NEVER_FOLLOWS * headset.info.conduct.echo_s
    unmoved = headset.shown.off_hook and at_s - headset.off_hook_at_s > idle_s
    if (pulses or unmoved) and situation in _IN_A_CALL:
        return Heard(headset, Gesture.HANG_UP)
    lifted = replace(headset, lifted_at_s=at_s)
    others_can = Lamp.OFF_HOOK in headset.info.lamps  # without it, only a hand lifts the hook
    if situation is Situation.IDLE and not headset.shown.off_hook and others_can:
        # Until it falls: somebody's call, or a stray tap.
        lifted = replace(lifted, foreign=True, foreign_since_s=at_s)
    return Heard(lifted, Gesture.LIFT)


def _on_hook_while_ringing(headset: Headset) -> Heard:
    """Some devices have no reject key and say on-hook instead; some say it once on ringing, too."""
    count = headset.on_hooks + 1
    needed = headset.info.conduct.reject_by_on_hook
    if count < needed:
        why = f"on-hook while ringing, {count} of {needed}"
        return Heard(replace(headset, on_hooks=count), why=why)
    return Heard(replace(headset, on_hooks=0), Gesture.REJECT)


def _fall(headset: Headset, at_s: float) -> Heard:
    conduct = headset.info.conduct
    if conduct.hook_style is Style.PULSE:
        return Heard(headset, why="end of a hook pulse")
    if headset.borrowed:  # or a press that ended both; nobody's call may be cut by guessing
        headset = replace(headset, foreign=False, borrowed=False)
        return Heard(headset, why="the other program's call ended")
    if at_s - headset.lifted_at_s <= conduct.pulse_s:
        guarded = replace(headset, pulses=True, guard_until_s=at_s + conduct.hold_guard_s)
        return Heard(guarded, why="hook fell back at once: a pulse, not a hang-up")
    if not headset.shown.off_hook:
        return Heard(headset, why="on-hook while we show on-hook: an unanswered press taken back")
    return Heard(headset, Gesture.HANG_UP)


def show(headset: Headset, wanted: Indication, at_s: float, *, force: bool = False) -> Headset:
    """Return the conversation after ``wanted`` was ordered to be written, its echo noted."""
    conduct = headset.info.conduct
    echoes = tuple(e for e in headset.echoes if e.until_s >= at_s)
    shown = replace(_muting(headset, wanted, at_s), shown=wanted, echoes=echoes)
    if wanted.is_idle:
        shown = replace(shown, pulses=False)  # learnt anew in each call: two quick taps look alike
    if wanted.off_hook and (force or not headset.shown.off_hook):
        shown = replace(shown, off_hook_at_s=at_s)
    if not wanted.mute and wanted.off_hook and not headset.shown.off_hook:
        shown = replace(shown, probe_until_s=at_s + conduct.mute_lock_s, mute_locked=False)
    if conduct.hook_style is Style.PULSE:
        return shown  # a pulse says what a hand does, never what we wrote
    if wanted.off_hook == headset.shown.off_hook and not force:
        return _told_anew(shown, at_s)
    expected = echoes[-1].on if echoes else bool(headset.hook)
    # One that is told anew may have forgotten that it was up (it slept): it lifts once more.
    if wanted.off_hook == expected and not (force and wanted.off_hook):
        return shown
    shown = replace(shown, echoes=(*echoes, Echo(wanted.off_hook, at_s + conduct.echo_s)))
    if wanted.off_hook and not force:
        # The host lifts, not the device: its hook may flicker before it stays up.
        shown = replace(shown, guard_until_s=at_s + conduct.hold_guard_s, disbelieved=False)
    return shown


def _muting(headset: Headset, wanted: Indication, at_s: float) -> Headset:
    """Return the conversation, the mute level noted that the device may report because of us."""
    if headset.info.conduct.mute_style is not Style.LEVEL:
        return headset
    echoes = tuple(e for e in headset.mute_echoes if e.until_s >= at_s)
    if wanted.mute != (echoes[-1].on if echoes else headset.mute_level):
        echoes = (*echoes, Echo(wanted.mute, at_s + headset.info.conduct.echo_s))
    return replace(headset, mute_echoes=echoes)


def _told_anew(shown: Headset, at_s: float) -> Headset:
    """Return the conversation after off-hook was written to a device whose hook is down.

    Mute and hold share a report with off-hook on most devices; some take that as an order to lift.
    """
    if not shown.shown.off_hook or shown.hook is not False or shown.echoes:
        return shown
    until_s = at_s + shown.info.conduct.hold_guard_s
    return replace(shown, echoes=(Echo(on=True, until_s=until_s),))
