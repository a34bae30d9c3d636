"""The one place where Python code is called for every frame: our port on the conference bridge.

It is called on pjsua2's clock thread, 50 times a second and direction. Rules, each learnt from a
crash: it is made once and dropped only when the clock has stopped; no exception leaves it; it never
touches ``frame.size``.
"""

from collections.abc import Callable
from typing import Protocol

from bridge.engine.audio.pcm import FRAME_S, frame_bytes
from bridge.engine.audio.vector import ByteVector, FrameCopy, NewVector, is_plain


class Frame(Protocol):
    """What we use of ``pjsua2.MediaFrame``; dead when the callback returns."""

    type: int
    buf: ByteVector


class Media(Protocol):
    """``pjsua2.AudioMedia``: of a call (fetched fresh for each use and not kept), or our port."""

    def startTransmit(self, sink: "Media") -> None: ...  # noqa: N802
    def stopTransmit(self, sink: "Media") -> None: ...  # noqa: N802


class Port(Media, Protocol):
    """``pjsua2.AudioMediaPort``."""

    def createPort(self, name: str, fmt: object) -> None: ...  # noqa: N802


class Format(Protocol):
    """``pjsua2.MediaFormatAudio``."""

    def init(
        self, format_id: int, rate_hz: int, channels: int, frame_us: int, bits: int
    ) -> None: ...


class AudioDevices(Protocol):
    """``pjsua2.AudDevManager``."""

    def setNoDev(self) -> object: ...  # noqa: N802
    def setNullDev(self) -> None: ...  # noqa: N802


class RunningEndpoint(Protocol):
    """``pjsua2.Endpoint`` after ``libStart``."""

    def audDevManager(self) -> AudioDevices: ...  # noqa: N802


class EndpointClass(Protocol):
    """``pjsua2.Endpoint`` itself."""

    def instance(self) -> RunningEndpoint: ...


class Pjsua2(Protocol):
    """What we use of the module ``pjsua2``; given to us, because it may be missing."""

    PJMEDIA_FORMAT_PCM: int
    PJMEDIA_FRAME_TYPE_AUDIO: int
    Endpoint: EndpointClass
    AudioMediaPort: type[Port]
    MediaFormatAudio: Callable[[], Format]
    ByteVector: NewVector


class Ends(Protocol):
    """Microphone and speaker of the moment."""

    def take(self) -> bytes:
        """Return the next frame for the calls; never blocks."""

    def put(self, frame: bytes) -> None:
        """Take a frame from the calls; blocks for 15 ms at most, only when the tick is late."""


class PortFigures:
    """What the port counts."""

    def __init__(self) -> None:
        self.is_fast = True
        self.faults = 0
        self.ticks = 0
        self.last_fault = ""


def make_port(
    pj: Pjsua2, rate_hz: int, ends: Ends, figures: PortFigures, name: str = "offhook"
) -> Port:
    """Return a port that joins ``ends`` and the bridge; for the SIP thread, after ``libStart``.

    Args:
        pj: the module.
        rate_hz: of the frames; the bridge resamples if its own rate differs.
        ends: asked for and given frames on the clock's thread.
        figures: filled by the port.
        name: of the port, for logs.
    """
    size = frame_bytes(rate_hz)
    figures.is_fast = is_plain(pj.ByteVector)
    copy = FrameCopy(pj.ByteVector, size, plain=figures.is_fast)
    audio = pj.PJMEDIA_FRAME_TYPE_AUDIO
    silence = bytes(size)

    class SoundPort(pj.AudioMediaPort):  # type: ignore[name-defined,misc]
        def onFrameRequested(self, frame: Frame) -> None:  # noqa: N802
            try:
                frame.type = audio
                frame.buf = copy.to_vector(ends.take())
            except BaseException as fault:  # noqa: BLE001  # nothing may leave a callback
                _note(figures, fault)

        def onFrameReceived(self, frame: Frame) -> None:  # noqa: N802
            figures.ticks += 1
            try:
                data = copy.from_vector(frame.buf) if frame.type == audio else silence
                ends.put(data if len(data) == size else silence)
            except BaseException as fault:  # noqa: BLE001  # nothing may leave a callback
                _note(figures, fault)

    port: Port = SoundPort()
    fmt = pj.MediaFormatAudio()
    fmt.init(pj.PJMEDIA_FORMAT_PCM, rate_hz, 1, round(FRAME_S * 1_000_000), 16)
    port.createPort(name, fmt)
    return port


def _note(figures: PortFigures, fault: BaseException) -> None:
    figures.faults += 1
    figures.last_fault = f"{type(fault).__name__}: {fault}"
    fault.__traceback__ = None  # its frames would keep objects alive past the end of the library
