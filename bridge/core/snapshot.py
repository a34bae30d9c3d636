"""What the outside may know, derived from the state after each step."""

from bridge.core.state import Call, Headset, Line, State
from bridge.model.calls import CallView, DeviceView, LineView, Snapshot, TransferView


def snapshot(state: State, unix_offset_s: float) -> Snapshot:
    """Return the public view of a state.

    Args:
        state: after a step.
        unix_offset_s: Unix time minus monotonic time, seconds.
    """
    return Snapshot(
        calls=tuple(_call(c, state, unix_offset_s) for c in state.calls),
        devices=tuple(_device(h) for h in state.headsets),
        lines=tuple(_line(x) for x in state.lines),
        muted=state.muted,
        do_not_disturb=state.do_not_disturb,
        call_waiting=state.call_waiting,
        locked=state.locked,
        engine_up=state.engine_up,
        problems=tuple(text for _, text in state.notes),
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
