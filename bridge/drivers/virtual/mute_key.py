"""The mute key of a virtual headset: a wish, told by a pulse, or a state of its own."""

from collections.abc import Callable

from bridge.drivers.virtual.hid_bits import Bits
from bridge.drivers.virtual.temperament import Temperament


class MuteKey:
    """See the module.

    Args:
        mood: of the device.
        bits: of the device.
        report: sends the report with a key as it stands.
    """

    def __init__(self, mood: Temperament, bits: Bits, report: Callable[[str], None]) -> None:
        self._mood = mood
        self._bits = bits
        self._report = report
        self.owed = False  # the host has not answered the last press

    def press(self) -> None:
        """Press and release it; dead while the device waits for an answer."""
        if self._mood.mute_needs_answer and self.owed:
            return
        self.owed = True
        if self._mood.mute_is_level:
            self._become(on=not self._bits.get("mute"))
        else:
            self._pulse()

    def follow(self, *, on: bool, stays_off: bool) -> None:
        """Take what the host says of the Mute lamp for its state, if it has one.

        Args:
            on: the lamp.
            stays_off: the microphone does, by a switch of its own: it is muted again at once.
        """
        if self._mood.mute_is_level:
            self._become(on=on)
            self._become(on=on or stays_off)

    def refuse(self) -> None:
        """Say "no" to being unmuted: a raised arm keeps the microphone off."""
        if self._mood.mute_is_level:
            self._become(on=True)
        else:
            self._pulse()

    def _become(self, *, on: bool) -> None:
        """Be muted or not, and say so if that is news."""
        if self._bits.has("mute") and on != self._bits.get("mute"):
            self._bits.set("mute", on=on)
            self._report("mute")

    def _pulse(self) -> None:
        for on in (True, False):
            self._bits.set("mute", on=on)
            self._report("mute")
