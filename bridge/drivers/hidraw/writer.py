"""The writing thread of one device: shows what it was last told to, and only the difference."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bridge.drivers.ports import HidHandle
from bridge.model.errors import DeviceGone, TransportError
from bridge.model.hid import Indication
from bridge.protocols.hid_telephony import Encoder

RETRY_S = (0.05, 0.2, 1.0)  # pauses before a refused report is tried again; our guess, no device
# was seen to refuse. After the last one only the next change tries again.


@dataclass(frozen=True, slots=True)
class Written:
    """One report went out, or did not.

    Args:
        indication: what it was to show.
        report: the bytes.
        error: why not, None when it went out.
    """

    indication: Indication
    report: bytes
    error: TransportError | None = None


class LampWriter:
    """Owns what a device is known to show. One slot: the newest indication wins, in order.

    Nothing is written before something other than idle is to be shown: another program may have
    a call on the same headset, and our zeros would end it. What a device has lit before we came is
    not known, hence mute is written whenever we lift: it means something in a call only
    (``hid_telephony.md``, "echoes").

    Args:
        handle: where to write.
        encoder: indication to bytes.
        told: called on the writing thread after each write.
    """

    def __init__(
        self, handle: HidHandle, encoder: Encoder, told: Callable[[Written], None]
    ) -> None:
        self._handle = handle
        self._encoder = encoder
        self._told = told
        self._wake = threading.Condition()
        self._wanted: Indication | None = None
        self._force = False
        self._stopped = False
        self._waits = False
        self._known: Mapping[int, bytes | None] = dict(encoder.encode(Indication()))
        self._shown = Indication()
        self._has_shown = False
        self._lifted = False

    def show(self, indication: Indication, *, force: bool = False) -> None:
        """Show this from now on. Returns at once; any thread.

        Args:
            indication: all of it.
            force: write every report, even those that did not change.
        """
        with self._wake:
            self._wanted = indication
            self._force = self._force or force
            self._wake.notify_all()

    def rests(self, timeout_s: float) -> bool:
        """Wait until all there is to show was written or refused; say whether that came true."""

        def is_at_rest() -> bool:
            return self._stopped or (self._waits and self._wanted is None)

        with self._wake:
            return self._wake.wait_for(is_at_rest, timeout_s)

    def stop(self) -> None:
        """Let ``run`` return once the last indication was written, or refused. Any thread."""
        with self._wake:
            self._stopped = True
            self._wake.notify_all()

    def run(self) -> None:
        """Write until stopped or until the device has left. The body of the thread."""
        refused = 0
        while (job := self._next(refused)) is not None:
            try:
                done = self._write(*job)
            except DeviceGone:
                return  # the reading thread notices as well, and says so
            refused = 0 if done else refused + 1

    def _next(self, refused: int) -> tuple[Indication, bool] | None:
        """Wait for something to show; after a refusal no longer than its pause."""
        with self._wake:
            pause_s = RETRY_S[refused - 1] if 0 < refused <= len(RETRY_S) else None
            self._waits = True
            self._wake.notify_all()
            self._wake.wait_for(lambda: self._stopped or self._wanted is not None, pause_s)
            self._waits = False
            if self._stopped and self._wanted is None:
                return None
            wanted, force = self._wanted, self._force
            self._wanted, self._force = None, False
            self._shown = wanted if wanted is not None else self._shown
            return self._shown, force

    def _write(self, indication: Indication, force: bool) -> bool:
        """Write what differs; say whether the device took all of it."""
        self._has_shown = self._has_shown or indication != Indication()
        if not self._has_shown:
            return True
        lifts, self._lifted = indication.off_hook and not self._lifted, indication.off_hook
        anew = self._encoder.muting if lifts else frozenset[int]()
        known = dict(self._known)
        done = True
        for report, data in self._encoder.encode(indication).items():
            last = known.get(report)
            if last == data and not force and report not in anew:
                continue
            first = self._encoder.before(data)
            if first is not None and (force or last is None or self._encoder.before(last) is None):
                self._send(indication, first)  # refused or not: what counts is the next one
            known[report] = data if self._send(indication, data) else None
            done = done and known[report] is not None
            self._known = known
            if not done and self._stopped:
                return False  # one that stalls costs seconds for each report
        return done

    def _send(self, indication: Indication, data: bytes) -> bool:
        try:
            self._handle.write(data)
        except DeviceGone:
            raise
        except TransportError as error:
            self._told(Written(indication, data, error))
            return False
        self._told(Written(indication, data))
        return True
