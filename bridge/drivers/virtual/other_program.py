"""Another telephony program on the same headset: it opens the node, too, and writes what it likes.

Nothing in HID keeps it from that; every opener hears every key (``hid_telephony.md``, "echoes").
"""

from bridge.drivers.virtual.headset import VirtualHeadset


class OtherProgram:
    """A program of somebody else with the headset open.

    Args:
        headset: plugged in.
    """

    def __init__(self, headset: VirtualHeadset) -> None:
        self._headset = headset
        self._handle = headset.open()
        self._handle.attended = False  # it writes; what it makes of keys is its own affair

    def rings(self) -> None:
        """Ring for a call of its own, as a program that thinks it is alone: Off-Hook is 0."""
        self._write("ring")

    def is_in_a_call(self) -> None:
        """Light Off-Hook for a call of its own."""
        self._write("off_hook")

    def lights(self, *lamps: str) -> None:
        """Leave exactly these lit, as one does that was killed."""
        self._write(*lamps)

    def hangs_up(self) -> None:
        """Write zeros, as at the end of a call; whatever we show is gone as well."""
        self._write()

    def closes(self) -> None:
        """Let go of the headset."""
        self._handle.close()

    def _write(self, *lamps: str) -> None:
        for report in self._headset.compose(*lamps):
            self._handle.write(report)
