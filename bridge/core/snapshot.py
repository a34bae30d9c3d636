"""What the outside may know, derived from the state after each step."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from bridge.core.state import Call, Headset, Line, State
from bridge.features.forwarding import active_profile
from bridge.model.calls import (
    CallView,
    DeviceView,
    ForwardingView,
    LineView,
    Snapshot,
    TransferView,
)

_Kept = TypeVar("_Kept")
_View = TypeVar("_View")


@dataclass(frozen=True, slots=True)
class Shown:
    """A state and what the outside saw of it.

    Args:
        state: then.
        view: its snapshot, by whatever clock.
    """

    state: State
    view: Snapshot


_NOTHING = Shown(State(), Snapshot())


def snapshot(state: State, unix_offset_s: float, before: Shown | None = None) -> Snapshot:
    """Return the public view of a state.

    A key of one headset changes nothing about the other seven: views of what is still the same
    object are taken over from an earlier snapshot, which spares most of the work at each step.

    Args:
        state: after a step.
        unix_offset_s: Unix time minus monotonic time, seconds.
        before: any earlier snapshot; which one changes the time it takes and nothing else.
    """
    earlier = before or _NOTHING
    then, seen = earlier.state, earlier.view
    return Snapshot(
        calls=tuple(_call(c, state, unix_offset_s) for c in state.calls),
        devices=_views(state.headsets, then.headsets, seen.devices, _device),
        lines=_views(state.lines, then.lines, seen.lines, _line),
        muted=state.muted,
        do_not_disturb=state.do_not_disturb,
        call_waiting=state.call_waiting,
        forwarding=_forwarding(state),
        locked=state.locked,
        engine_up=state.engine_up,
        problems=tuple(text for _, text in state.notes),
    )


def _views(
    now: tuple[_Kept, ...],
    then: tuple[_Kept, ...],
    views: tuple[_View, ...],
    make: Callable[[_Kept], _View],
) -> tuple[_View, ...]:
    """Return a view of each; what stands where it stood keeps the one it had."""
    if now is then:
        return views
    if len(now) != len(then):
        return tuple(make(one) for one in now)
    return tuple(
        view if one is old else make(one) for one, old, view in zip(now, then, views, strict=True)
    )


def _call(call: Call, state: State, unix_offset_s: float) -> CallView:
    return CallView(
        call=call.call,
        account=call.account,
        direction=call.direction,
        phase=call.phase,
        remote=call.remote,
        since_ms=round((call.since_s + unix_offset_s) * 1000),
        device=call.device,
        muted=state.muted and call.is_open,
        codec=call.codec,
        silenced=call.silenced,
        diverted_by=call.diverted_by,
        transfer=None
        if call.transfer is None
        else TransferView(call.transfer.target, call.transfer.sip),
        conference=call.joined,
        recording=call.recording,
        pressed=call.pressed,
        dialog=call.dialog,
    )


def _forwarding(state: State) -> ForwardingView | None:
    if not state.habits.forwards_here:
        return None
    profile = active_profile(state.forwarding)
    return ForwardingView(
        profile.number, profile.title, profile.forwards, len({r.caller for r in profile.rules})
    )


def _line(line: Line) -> LineView:
    return LineView(line.account, line.registration, line.sip, line.reason, line.mailbox)


def _device(headset: Headset) -> DeviceView:
    shown = headset.shown
    return DeviceView(
        device=headset.device,
        name=headset.info.name,
        vendor_id=headset.info.vendor_id,
        product_id=headset.info.product_id,
        off_hook=shown.off_hook,
        ring=shown.ring,
        mute=shown.mute,
        hold=shown.hold,
        hook=headset.hook,
        message_waiting=shown.message_waiting,
        do_not_disturb=shown.do_not_disturb,
        busy_elsewhere=headset.foreign,
        mute_locked=headset.mute_locked,
        errors=headset.faults,
    )
