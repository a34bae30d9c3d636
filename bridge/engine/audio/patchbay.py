"""Our ports on the conference bridge, and the connections between them and calls.

The port of microphone and speaker is made at the start. The others are made when they are first
needed, because each costs a call into Python 50 times a second while the clock runs, connected or
not; all are kept until the clock has stopped for good: a port dropped while it runs crashes later,
elsewhere.
"""

import contextlib

from bridge.engine.audio.extras import Kit, Music
from bridge.engine.audio.port import Ends, Media, Pjsua2, Port, PortFigures, make_port
from bridge.model.errors import ProtocolViolation


class Patchbay:
    """Ports and connections; for the SIP thread.

    Args:
        pj: the module ``pjsua2``.
        rate_hz: of the ports.
        ends: microphone and speaker.
        music: for who is held.
        figures: filled by all ports.

    Errors:
        ``pjsua2.Error`` of what connects is passed on: the media is stale.
    """

    def __init__(
        self, pj: Pjsua2, rate_hz: int, ends: Ends, music: Music, figures: PortFigures
    ) -> None:
        self._pj, self._rate_hz, self._figures = pj, rate_hz, figures
        self._main: Port | None = make_port(pj, rate_hz, ends, figures)
        self._music = music
        self._music_port: Port | None = None
        self._kits: dict[str, tuple[Kit, Port]] = {}
        self._spare: list[tuple[Kit, Port]] = []

    @property
    def here(self) -> Port:
        """Microphone and speaker."""
        if self._main is None:
            raise ProtocolViolation("the sound side is closed")
        return self._main

    def speak(self, media: Media, *, muted: bool) -> None:
        """Give a call the microphone, or silence."""
        patch(self.here, media, on=not muted)

    def play_music(self, call: str, media: Media) -> None:
        """Let a call hear music."""
        if self._music_port is None:
            self._music_port = self._made(self._music, "music")
        self._music.play_to(call)
        self._music_port.startTransmit(media)

    def stop_music(self, call: str, media: Media | None) -> None:
        """No more music; the media may be gone."""
        self._music.part_from(call)
        if media is not None and self._music_port is not None:
            patch(self._music_port, media, on=False)

    # -- tones to one call, and its recording ---------------------------------

    def kit(self, call: str) -> Kit:
        """Return the kit of a call; it has one until ``release``."""
        if call not in self._kits:
            self._kits[call] = self._spare.pop() if self._spare else self._new_kit()
        return self._kits[call][0]

    def kit_port(self, call: str) -> Port | None:
        """Return the port of a call's kit, if it has one."""
        return self._kits[call][1] if call in self._kits else None

    def has_kit(self, call: str) -> bool:
        """Tell whether a call has one."""
        return call in self._kits

    def release(self, call: str) -> None:
        """The call is over; nothing may transmit to the kit any more but the microphone."""
        if call in self._kits:
            kit, port = self._kits.pop(call)
            patch(self.here, port, on=False)
            kit.clear()
            self._spare.append((kit, port))

    def _new_kit(self) -> tuple[Kit, Port]:
        kit = Kit(self._rate_hz)
        return kit, self._made(kit, "kit")

    def _made(self, ends: Ends, name: str) -> Port:
        return make_port(self._pj, self._rate_hz, ends, self._figures, name)

    def close(self) -> None:
        """Drop all ports; only when the clock has stopped."""
        self._main = self._music_port = None
        self._kits.clear()
        self._spare.clear()


def patch(source: Media, sink: Media, *, on: bool) -> None:
    """Connect or part; parting what is gone or was never connected is what we want."""
    if on:
        source.startTransmit(sink)
    else:
        with contextlib.suppress(Exception):
            source.stopTransmit(sink)
