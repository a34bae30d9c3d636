"""Recorded calls: the order, the tone every 15 s, and what the writing thread has to say."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bridge.engine.audio.tunes import RECORDING_EVERY_S
from bridge.engine.desk import Desk
from bridge.engine.media import join, media_of
from bridge.model.effects import RecordCall
from bridge.model.events import RecordingChanged
from bridge.model.ids import CallId

if TYPE_CHECKING:
    from bridge.engine.calls import Call

OVER = "the call ended"
_NOWHERE = "no directory for recordings is set: see recording.directory in the configuration"
_SILENT = "there is no sound side that could record"


@dataclass(frozen=True, slots=True)
class Told:
    """Something a thread of the sound side found out; done on the SIP thread."""

    then: Callable[[], None]


def record(desk: Desk, call: "Call") -> None:
    """Begin to record; the event follows when the file is there."""
    name, sound, where = RecordCall.__name__, desk.sound, desk.settings.recording.directory
    if sound is None or not where:
        desk.refuse(call.call_id, name, _SILENT if where else _NOWHERE)
    elif not sound.is_recording(call.call_id):
        call_id = call.call_id
        sound.start_recording(
            call_id,
            where,
            lambda file: desk.post(Told(lambda: _began(desk, call_id, file))),
            lambda file, why: desk.post(Told(lambda: _failed(desk, call_id, file, why))),
        )
        join(call, call.audio)


def stop(desk: Desk, call: "Call", reason: str = "") -> None:
    """Stop recording and say so; harmless when nothing is recorded."""
    if desk.sound is None or not desk.sound.is_recording(call.call_id):
        return
    desk.sound.stop_recording(call.call_id)
    file, call.recorded_in = call.recorded_in, ""
    desk.report(RecordingChanged(desk.now(), call.call_id, False, file, reason))


def _began(desk: Desk, call_id: CallId, file: str) -> None:
    call = desk.calls.get(call_id)
    if call is None or desk.sound is None or not desk.sound.is_recording(call_id):
        return
    call.recorded_in = file
    desk.report(RecordingChanged(desk.now(), call_id, True, file))
    if desk.settings.recording.tone:
        _sound_tone(desk, call_id, file)


def _sound_tone(desk: Desk, call_id: CallId, file: str) -> None:
    """Let both ends hear that they are recorded, now and every 15 s while it lasts."""
    call = desk.calls.get(call_id)
    if call is None or desk.sound is None or call.recorded_in != file:
        return
    if call.audio.active:
        desk.sound.recording_tone(call_id, media_of(call, call.audio))
    desk.agenda.after(RECORDING_EVERY_S, lambda: _sound_tone(desk, call_id, file))


def _failed(desk: Desk, call_id: CallId, file: str, why: str) -> None:
    call = desk.calls.get(call_id)
    if call is not None and (not file or call.recorded_in == file):
        stop(desk, call, why)
