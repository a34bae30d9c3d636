"""One device in use: a reading thread, a writing thread, and events to the loop.

The reading thread waits in ``read`` at most ``READ_S``, so that an idle device costs one wake-up
a second, and it alone closes the handle, after the writing thread has ended. The order of
reports is the order of events. Nothing here decides anything: bytes become control changes,
indications become bytes.

A device whose keys change faster than the loop takes them would make every key of every device
late, and fill the memory. So beyond ``ON_THE_WAY`` changes its reading waits, nobody else's. What
comes meanwhile the kernel keeps, 63 reports (linux/hidraw.c), and drops the newest without a word.
Nothing stays wrong after that: the next report is compared with the last one that was read.
"""

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Self, TypeVar

from bridge.drivers.hidraw.recognise import Recognised
from bridge.drivers.hidraw.writer import LampWriter, Written
from bridge.drivers.ports import HidHandle, Now, Sink, Tracer
from bridge.model.errors import DeviceGone, TransportError
from bridge.model.events import ControlChanged, DeviceFaulted, DeviceLost, Event
from bridge.model.hid import ControlChange, Indication, Malformed
from bridge.model.trace import Stage, TraceEntry
from bridge.protocols.hid_telephony import Decoder, Encoder

_log = logging.getLogger(__name__)

_T = TypeVar("_T")

READ_S = 1.0  # how long a closed session may keep its reading thread; one wake-up a second
FAULT_PAUSE_S = 1.0  # a device that sends rubbish is reported once in this time, counted always
ON_THE_WAY = 64  # key changes of one device that the loop has not taken yet; a hand makes 20 a
# second. Eight devices gone wild delay another one's key by 0.15 s (0.3 ms for each, measured).
TRACED_BEHIND = ON_THE_WAY // 2  # from here on reports are left out of the trace: keys come first
CATCH_UP_S = 0.005  # between two looks whether the loop has caught up


@dataclass(slots=True)
class Statistics:
    """What a session has seen since it began. Each number has one thread that counts it."""

    reports: int = 0
    changes: int = 0
    duplicates: int = 0
    malformed: int = 0
    writes: int = 0
    write_errors: int = 0
    pauses: int = 0  # looks at a loop that had not caught up; reading stood still meanwhile
    untraced: int = 0  # reports left out of the trace for the same reason


class HidSession:
    """One open device. ``async with`` starts it; leaving closes it within ``READ_S``.

    Events to the sink, on the loop: ``ControlChanged``, ``DeviceFaulted`` (at most once a second)
    and, once and last, ``DeviceLost`` if the device left by itself.

    Args:
        device: what it is.
        handle: open; owned by the session once it is entered.
        sink: takes the events.
        at_rest: False when it may be off-hook now (opened again in a call); see ``Decoder``.
        now: monotonic seconds, called on the reading thread.
        tracer: takes trace entries on the loop; None while nobody watches. May be set any time.
        read_s: longest wait of the reading thread, and so of closing.
    """

    def __init__(
        self,
        device: Recognised,
        handle: HidHandle,
        sink: Sink,
        *,
        at_rest: bool = True,
        now: Now = time.monotonic,
        tracer: Tracer | None = None,
        read_s: float = READ_S,
    ) -> None:
        self.info = device.info
        self.tracer = tracer
        self.statistics = Statistics()
        self._handle = handle
        self._sink = sink
        self._now = now
        self._read_s = read_s
        self._decoder = Decoder(device.layout, at_rest=at_rest)
        self._writer = LampWriter(handle, Encoder(device.layout, device.profile.lamps), self._told)
        self._at_open = device.layout.at_open
        self._rejects = device.info.conduct.reject_by_on_hook > 0
        self._stop = threading.Event()
        self._last: tuple[bytes, float] = (b"", 0.0)
        self._fault_s = float("-inf")
        self._turned_s = time.monotonic()
        self._given = self._taken = 0  # changes; counted by the reading thread, and by the loop

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        self._closed = asyncio.Event()
        name = f"hid-{self.info.device}"
        self._writing = threading.Thread(target=self._writer.run, name=f"{name}-w", daemon=True)
        self._reading = threading.Thread(target=self._read, name=f"{name}-r", daemon=True)
        self._writing.start()
        self._reading.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        await self._closed.wait()
        self._reading.join()  # it has nothing left to do but return

    def show(self, indication: Indication, *, force: bool = False) -> None:
        """Show this on the device from now on. Returns at once, never raises.

        Args:
            indication: all of it; only reports that differ are written.
            force: write every report of ours, whatever was written before.
        """
        if not indication.off_hook:  # held, ringing or idle: a lifted hook is a press from now on
            self._decoder.at_rest = True
        self._decoder.tells_on_hook = self._rejects and indication.ring and not indication.off_hook
        self._writer.show(indication, force=force)

    @property
    def behind(self) -> int:
        """How many key changes and traced reports the loop has not taken yet."""
        return self._given - self._taken

    @property
    def silent_s(self) -> float:
        """Seconds since the reading thread began to wait for a report."""
        return time.monotonic() - self._turned_s

    def rests(self, timeout_s: float) -> bool:
        """Wait, blocking, until nothing is left to write; say whether that came true."""
        return self._writer.rests(timeout_s)

    # -- reading thread -------------------------------------------------------

    def _read(self) -> None:
        """Read until closed or gone, then close. The body of the thread."""
        reason = ""
        try:
            self._greet()
            while not self._stop.is_set():
                self._turned_s = time.monotonic()
                report = self._handle.read(self._read_s)
                if report:
                    self._take(report, self._now())
        except TransportError as error:
            reason = str(error)
        except Exception as error:  # noqa: BLE001  # task border: the device is given up, no more
            _log.exception("%s: the reading thread failed", self.info.device)
            reason = f"it cannot be used any more: {error}"
        finally:
            self._writer.stop()
            self._writing.join()
            self._handle.close()
            if reason and not self._stop.is_set():
                self._post(DeviceLost(self._now(), self.info.device, reason))
            self._on_loop(self._closed.set)

    def _greet(self) -> None:
        """Write the features the profile wants written at opening; a device may refuse them."""
        for feature in self._at_open:
            try:
                self._handle.write_feature(feature)
            except DeviceGone:
                raise
            except TransportError as error:
                self._fault(self._now(), f"it refused a feature of its profile: {error}")

    def _take(self, report: bytes, at_s: float) -> None:
        """Pass on what a report says."""
        last, last_s = self._last
        self._last = (report, at_s)
        if report == last and at_s - last_s < self.info.conduct.duplicate_s:
            self.statistics.reports += 1
            self.statistics.duplicates += 1
            return
        changes = self._decoder.decode(report)
        if self.tracer is not None:
            self._trace_report(at_s, report)
        self.statistics.reports += 1
        for change in changes:
            match change:
                case ControlChange():
                    self.statistics.changes += 1
                    self._give(self._sink, ControlChanged(at_s, self.info.device, change))
                    if self.tracer is not None:
                        state = "on" if change.on else "off"
                        self._trace(at_s, Stage.KEY, f"{change.control.value} {state}")
                case Malformed():
                    self.statistics.malformed += 1
                    self._fault(at_s, f"malformed report: {change.reason}")

    def _trace_report(self, at_s: float, report: bytes) -> None:
        """Show a report to whoever watches, unless the loop is behind: watching slows nothing."""
        if (tracer := self.tracer) is None:
            return
        if self.behind >= TRACED_BEHIND:
            self.statistics.untraced += 1
            return
        self._give(tracer, TraceEntry(at_s, Stage.REPORT, self.info.device, report.hex(" ")))

    def _fault(self, at_s: float, reason: str) -> None:
        if self.tracer is not None:
            self._trace(at_s, Stage.NOTE, reason)
        if at_s - self._fault_s >= FAULT_PAUSE_S:
            self._fault_s = at_s
            self._post(DeviceFaulted(at_s, self.info.device, reason))

    # -- writing thread -------------------------------------------------------

    def _told(self, written: Written) -> None:
        """Count a write; say so when it failed."""
        at_s = self._now()
        if written.error is not None:
            self.statistics.write_errors += 1
            self._fault(at_s, str(written.error))
            return
        self.statistics.writes += 1
        if self.tracer is not None:
            self._trace(
                at_s, Stage.LAMP, f"{_words(written.indication)}: {written.report.hex(' ')}"
            )

    # -- to the loop ----------------------------------------------------------

    def _trace(self, at_s: float, stage: Stage, text: str) -> None:
        if (tracer := self.tracer) is not None:
            self._on_loop(tracer, TraceEntry(at_s, stage, self.info.device, text))

    def _post(self, event: Event) -> None:
        self._on_loop(self._sink, event)

    def _give(self, taker: Callable[[_T], None], value: _T) -> None:
        """Hand over on the loop; wait while too much is on the way. Reading thread only."""
        while self.behind >= ON_THE_WAY and not self._stop.is_set():
            self.statistics.pauses += 1
            self._stop.wait(CATCH_UP_S)
        self._given += 1
        self._on_loop(self._take_over, taker, value)

    def _take_over(self, taker: Callable[[_T], None], value: _T) -> None:
        """Pass on what was handed over. On the loop."""
        self._taken += 1
        taker(value)

    def _on_loop(self, function: Callable[..., object], *values: object) -> None:
        """Call on the loop; a loop that was closed under us has nobody left to tell."""
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(function, *values)


def _words(indication: Indication) -> str:
    """Return what is shown, for people."""
    names = ("off_hook", "ring", "mute", "hold")
    return " ".join(name for name in names if getattr(indication, name)) or "idle"
