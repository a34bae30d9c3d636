"""The sound side as the SIP thread sees it (interface first; being filled in)."""

from collections.abc import Callable
from typing import Protocol

from bridge.model.events import SoundChanged
from bridge.model.sound import SoundSettings, SoundStats


class CallMedia(Protocol):
    """``pjsua2.AudioMedia`` of a call, fetched fresh for each use and not kept."""

    def startTransmit(self, sink: object) -> None: ...  # noqa: N802
    def stopTransmit(self, sink: object) -> None: ...  # noqa: N802


class Sound:
    """Joins calls to microphone and speaker, and rings.

    Create it on the SIP thread after ``libStart``; it then owns the clock of the bridge
    (``setNoDev``/``setNullDev``): nobody else may touch it. All methods are for the SIP thread.

    Args:
        pj: the module ``pjsua2``.
        settings: what to use.
        notify: gets ``SoundChanged``; called on any thread, must not block.
    """

    def __init__(
        self, pj: object, settings: SoundSettings, notify: Callable[[SoundChanged], None]
    ) -> None:
        raise NotImplementedError

    def connect(self, call: str, media: CallMedia, *, muted: bool) -> None:
        """Join a call with active audio media; again after each media change (idempotent).

        Args:
            call: our call id, or anything else that names the call for ``disconnect``.
            media: ``call.getAudioMedia(-1)`` or of the index that is active; not kept.
            muted: the other end gets silence instead of the microphone.
        """

    def set_muted(self, call: str, media: CallMedia, *, muted: bool) -> None:
        """Give the other end silence or the microphone. No SIP traffic."""

    def disconnect(self, call: str, media: CallMedia | None = None) -> None:
        """Part from a call: held, or over.

        Must be called once for **every** call that ended, connected or not: the bridge frees a
        call's slot only while its clock runs, and this lets it run for a moment.

        Args:
            call: as for ``connect``; unknown is fine.
            media: while the call still has audio media; None when it is over.
        """

    def start_ringer(self) -> None:
        """Sound the ring tone until ``stop_ringer``. Needs no call and no bridge."""

    def stop_ringer(self) -> None:
        """Stop the ring tone; harmless when it is silent."""

    def select(self, settings: SoundSettings) -> None:
        """Use other devices from now on, in the middle of calls if need be."""

    def stats(self) -> SoundStats:
        """Return the figures; with the test backend also the measured levels."""

    def tick(self) -> float | None:
        """Do what is due (stop the clock). Call after every ``libHandleEvents`` round.

        Returns:
            Seconds until it must be called again, or None: nothing is due.
        """

    def close(self) -> None:
        """Stop children and clock, drop the ports. Call it before the calls are dropped for good,
        after ``hangupAllCalls`` was pumped, and before ``libDestroy``."""
