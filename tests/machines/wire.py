"""A headset made of a real descriptor, and the bytes between it and the core, without threads.

What the session of ``bridge.drivers.hidraw`` does on a thread of its own is done here at once, in
the same order: reports become control changes, and its writer writes what differs.
"""

from dataclasses import replace

from bridge.drivers.hidraw.recognise import Recognised, recognise
from bridge.drivers.hidraw.writer import LampWriter
from bridge.drivers.virtual.hid_clock import ManualClock
from bridge.drivers.virtual.hid_handle import VirtualHandle
from bridge.drivers.virtual.temperament import Temperament
from bridge.model.hid import Conduct, Control, ControlChange, DeviceInfo, Indication, Style
from bridge.protocols.hid_telephony import Decoder, Encoder
from tests.library import LIBRARY
from tests.scenarios.families import LAMPS, family_of, make


class Wire:
    """See the module.

    Args:
        family: of ``tests.scenarios.families``.
        mood: how it behaves.
        clock: when it acts by itself, and when reports are read.
        port: where it is plugged in.
    """

    def __init__(self, family: str, mood: Temperament, clock: ManualClock, port: str) -> None:
        self.family = family_of(family)
        self.device = make(family, clock, mood, port)
        found = recognise(self.device.node("/virtual"), LIBRARY)
        assert isinstance(found, Recognised)
        self._clock, self._layout = clock, found.layout
        self.info: DeviceInfo = found.info
        if mood.mute_is_level:
            self._has_a_mute_level()
        self._encoder = Encoder(self._layout, found.profile.lamps)
        self._rejects = self.info.conduct.reject_by_on_hook > 0
        self.plugged = False

    def _has_a_mute_level(self) -> None:
        """Be read as its profile would say of a device whose mute is a level."""
        self.info = replace(self.info, conduct=replace(self.conduct, mute_style=Style.LEVEL))
        inputs = self._layout.inputs
        told = [replace(i, style=Style.LEVEL) if i.control is Control.MUTE else i for i in inputs]
        self._layout = replace(self._layout, inputs=tuple(told))

    @property
    def conduct(self) -> Conduct:
        """What the core is told of its manners."""
        return self.info.conduct

    @property
    def name(self) -> str:
        """Its id in the core."""
        return self.info.device

    @property
    def follows(self) -> bool:
        """Whether it tells, by hook or busy flag, that another program has it."""
        told = self.device.temperament.busy_flag and self.device.has("line_busy")
        level = self.conduct.hook_style is Style.LEVEL
        return told or (self.device.temperament.echoes_hook and level)

    @property
    def lit(self) -> set[str]:
        """The lamps that are on by the bytes the device got; either mute lamp means mute."""
        lamps = self.device.lamps
        seen = {name for name in LAMPS if lamps[name]}
        return seen | {"mute"} if lamps["microphone"] else seen

    def plug(self, *, at_rest: bool) -> None:
        """Put it in and open it."""
        self.device.plug()
        self.plugged = True
        self._handle: VirtualHandle = self.device.open()
        self._decoder = Decoder(self._layout, at_rest=at_rest)
        self._writer = LampWriter(self._handle, self._encoder, lambda _: None)
        self._last: tuple[bytes, float] = (b"", 0.0)

    def pull(self) -> None:
        """Take it out."""
        self.plugged = False
        self.device.unplug()

    def hear(self) -> list[ControlChange]:
        """Return what the next report says; empty when there is none or it says nothing."""
        if not self.plugged:
            return []
        report, at_s = self._handle.read(0), self._clock.now()
        (last, last_s), self._last = self._last, (report, at_s)
        if not report or (report == last and at_s - last_s < self.conduct.duplicate_s):
            return []
        return [one for one in self._decoder.decode(report) if isinstance(one, ControlChange)]

    @property
    def has_news(self) -> bool:
        """Whether there are reports nobody has read."""
        return self.plugged and bool(self._handle._queue)  # stillness

    def show(self, indication: Indication, *, force: bool) -> None:
        """Write what differs."""
        if not indication.off_hook:
            self._decoder.at_rest = True
        self._decoder.tells_on_hook = self._rejects and indication.ring and not indication.off_hook
        self._writer._write(indication, force)  # its thread does the same
