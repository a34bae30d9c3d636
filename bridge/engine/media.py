"""Sound of a call: what was negotiated, and joining it to microphone and speaker."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pjsua2 as pj

from bridge.engine.audio import Sound

if TYPE_CHECKING:
    from bridge.engine.calls import Call

_NO_SLOT = -1


@dataclass(frozen=True, slots=True)
class AudioState:
    """The first audio stream of a call, copied out of pjsua2.

    Args:
        index: which of the call's media, -1 when there is none.
        on_bridge: it has a port on the conference bridge.
        active: the other end may be heard.
        held_here, held_there: who holds.
        codec: payload name, empty when not active.
    """

    index: int = _NO_SLOT
    on_bridge: bool = False
    active: bool = False
    held_here: bool = False
    held_there: bool = False
    codec: str = ""


def audio_of(call: "Call") -> AudioState:
    """Return what was negotiated for a call."""
    info = call.getInfo()  # kept while its media are read: they lie inside it
    for index, media in enumerate(info.media):
        if media.type == pj.PJMEDIA_TYPE_AUDIO and media.status != pj.PJSUA_CALL_MEDIA_NONE:
            return _state(call, index, media)
    return AudioState()


def _state(call: "Call", index: int, media: pj.CallMediaInfo) -> AudioState:
    held_here = media.status == pj.PJSUA_CALL_MEDIA_LOCAL_HOLD
    if held_here:  # both hold: they answered our sendonly with inactive
        held_there = media.dir == pj.PJMEDIA_DIR_NONE
    else:
        held_there = media.status == pj.PJSUA_CALL_MEDIA_REMOTE_HOLD
    active = not held_here and bool(media.dir & pj.PJMEDIA_DIR_DECODING)
    on_bridge = media.audioConfSlot != pj.PJSUA_INVALID_ID
    return AudioState(
        index=index,
        on_bridge=on_bridge,
        active=active and on_bridge,
        held_here=held_here,
        held_there=held_there,
        codec=call.getStreamInfo(index).codecName if active and on_bridge else "",
    )


def join(call: "Call", state: AudioState) -> None:
    """Connect a call with all that its state asks for; again after each change.

    With microphone and speaker while both ends speak, with music while we hold, with the calls it
    is mixed with, with its recording. The ``AudioMedia`` is fetched anew each time: it is a slot
    number that other calls get later.
    """
    sound = call.desk.sound
    if sound is None:
        return
    media = media_of(call, state)
    if media is not None and state.active:
        sound.connect(call.call_id, media, muted=call.muted or call.sounding)
    else:
        sound.disconnect(call.call_id, media)
    sound.hold(call.call_id, media, on=state.held_here and not state.held_there)
    for other in partners(call):
        _mix(sound, call, other)
        _tap(sound, other)
    _tap(sound, call)


def partners(call: "Call") -> list["Call"]:
    """Return the calls that are mixed with a call."""
    return [c for c in (call.desk.calls.get(i) for i in call.joined) if c is not None]


def media_of(call: "Call", state: AudioState) -> pj.AudioMedia | None:
    """Return the call's port on the bridge, None while it has none."""
    return call.getAudioMedia(state.index) if state.on_bridge else None


def unjoin(call: "Call", other: "Call") -> None:
    """Part two calls that were mixed."""
    call.joined.discard(other.call_id)
    other.joined.discard(call.call_id)
    sound = call.desk.sound
    one, two = media_of(call, call.audio), media_of(other, other.audio)
    if sound is None or one is None or two is None:
        return
    sound.mix(one, two, on=False)
    sound.tap_other(call.call_id, two, on=False)
    sound.tap_other(other.call_id, one, on=False)


def forget(call: "Call") -> None:
    """Part an ended call from what it was mixed with; its own port is gone by itself."""
    sound = call.desk.sound
    for other in partners(call):
        other.joined.discard(call.call_id)
        media = media_of(other, other.audio)
        if sound is not None and media is not None:
            sound.tap_other(call.call_id, media, on=False)
    call.joined.clear()


def _mix(sound: Sound, call: "Call", other: "Call") -> None:
    one, two = media_of(call, call.audio), media_of(other, other.audio)
    if one is not None and two is not None:
        sound.mix(one, two, on=call.audio.active and other.audio.active)


def _tap(sound: Sound, call: "Call") -> None:
    """Let the recording of a call hear whoever is in it."""
    if not sound.is_recording(call.call_id):
        return
    active = call.audio.active
    microphone = active and not (call.muted or call.sounding)
    sound.tap(call.call_id, media_of(call, call.audio), on=active, microphone=microphone)
    for other in partners(call):
        media = media_of(other, other.audio)
        if media is not None:
            sound.tap_other(call.call_id, media, on=active and other.audio.active)
