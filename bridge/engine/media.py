"""Sound of a call: what was negotiated, and joining it to microphone and speaker."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pjsua2 as pj

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
    """Connect a call with microphone and speaker as its state asks for.

    The ``AudioMedia`` is fetched anew each time: it is a slot number that other calls get later.
    """
    sound = call.desk.sound
    if sound is None:
        return
    media = call.getAudioMedia(state.index) if state.on_bridge else None
    if media is not None and state.active:
        sound.connect(call.call_id, media, muted=call.muted)
    else:
        sound.disconnect(call.call_id, media)
