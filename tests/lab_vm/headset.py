"""A headset at the other end of a cable: what a hand does with it, and what an eye sees of it.

Its conduct is that of ``bridge.drivers.virtual.headset`` (echo, revert of an unanswered press,
double frames), so one model serves the tests without hardware and these.
"""

import threading
from typing import Self

from bridge.drivers.virtual.models import headset_from_recording
from bridge.model.errors import BridgeError
from tests.hid_dumps import ALL
from tests.lab.virtual_usb import LabError
from tests.lab_vm.cable import Cable, MakeCable
from tests.scenarios.families import LAMPS, Family, family_of

LOOK_S = 0.2  # a thread notices within this time that the cable was pulled


class LabHeadset:
    """A real model, on a real device node once it is plugged in.

    Args:
        dump: name of a recording in ``tests/dumps``.
        make_cable: how it is connected.
    """

    def __init__(self, dump: str, make_cable: MakeCable) -> None:
        self.dump = dump
        self.model = headset_from_recording(ALL[dump].recording)
        self.cable: Cable = make_cable(ALL[dump].recording)
        self.lost: list[str] = []
        """Reports that did not get through, with the reason; for messages of failed tests."""
        self._pulled = threading.Event()
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Self:
        self.plug()
        return self

    def __exit__(self, *exc: object) -> None:
        self.pull()
        self.cable.close()

    # -- what a hand does -----------------------------------------------------

    def plug(self) -> None:
        """Plug it in; returns once the kernel has a node for it."""
        self.model.plug()
        self._pulled.clear()
        self.cable.plug()
        self.node = self.cable.hidraw()
        self._threads = [
            threading.Thread(target=self._speak, name="headset-speaks", daemon=True),
            threading.Thread(target=self._listen, name="headset-listens", daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def pull(self) -> None:
        """Pull it out; harmless when it is out."""
        self._pulled.set()
        self.model.unplug()
        for thread in self._threads:
            thread.join()
        self._threads = []
        self.cable.pull()

    def press(self, key: str) -> None:
        """Press and release a key."""
        self.model.press(key)

    # -- what is known of it, and what an eye sees ----------------------------

    @property
    def family(self) -> Family:
        """Its keys, lamps and conduct; of telephony devices."""
        return family_of(self.dump)

    @property
    def rests_on_hold(self) -> tuple[str, ...]:
        """What it shows on hold, in the school of its vendor."""
        return ("hold",) if self.family.conduct.hold_clears_off_hook else ("off_hook", "hold")

    @property
    def lit(self) -> set[str]:
        """The lamps that are on by the bytes that arrived; either mute lamp means mute."""
        lamps = self.model.lamps
        mute = lamps["mute"] or lamps["microphone"]
        return {name for name in LAMPS if (mute if name == "mute" else lamps[name])}

    @property
    def hook(self) -> bool:
        """Whether its own hook is up."""
        return self.model.hook

    # -- the cable ------------------------------------------------------------

    def _speak(self) -> None:
        """Send what the headset says. The body of a thread."""
        handle = self.model.open()
        try:
            while not self._pulled.is_set():
                report = handle.read(LOOK_S)
                if report:
                    self.cable.send(report)
        except (BridgeError, LabError, OSError) as error:
            self._note(error)

    def _listen(self) -> None:
        """Take what the host writes. The body of a thread."""
        try:
            while not self._pulled.is_set():
                report = self.cable.receive(LOOK_S)
                if report:
                    self.model.write(report)
        except (BridgeError, LabError, OSError) as error:
            self._note(error)

    def _note(self, error: Exception) -> None:
        if not self._pulled.is_set():
            self.lost.append(f"{type(error).__name__}: {error}")
