"""Off-Hook written 0 and then 1, for devices that heed only the change."""

from bridge.drivers.hidraw.writer import LampWriter, Written
from bridge.drivers.virtual.hid_clock import ManualClock
from bridge.drivers.virtual.models import evolve_link
from bridge.model.hid import Indication
from bridge.profiles.model import LampPolicy
from bridge.protocols.hid_telephony import Encoder
from tests.hid_dumps import ALL

RINGING = Indication(ring=True)
TALKING = Indication(off_hook=True)
MUTED = Indication(off_hook=True, mute=True)


def written(*shown: tuple[Indication, bool]) -> list[str]:
    """Show one thing after the other; return what the device was written."""
    headset = evolve_link(ManualClock())
    layout = ALL["0b0e-0307_evolve-link"].layout()
    told: list[Written] = []
    writer = LampWriter(
        headset.open(), Encoder(layout, LampPolicy(off_before_on=True)), told.append
    )
    for indication, force in shown:
        writer._write(indication, force)
    assert [one.report for one in told] == headset.written
    return [one.hex(" ") for one in headset.written]


def test_lifting_the_hook_is_written_as_a_change() -> None:
    assert written((RINGING, False), (TALKING, False)) == ["02 04 00", "02 00 00", "02 01 00"]


def test_a_mute_in_the_call_leaves_the_hook_alone() -> None:
    assert written((TALKING, False), (MUTED, False))[-2:] == ["02 01 00", "02 13 00"]


def test_writing_again_by_force_is_a_change_too() -> None:
    assert written((TALKING, False), (TALKING, True))[-2:] == ["02 00 00", "02 01 00"]


def test_hanging_up_is_written_once() -> None:
    assert written((TALKING, False), (Indication(), False))[-1:] == ["02 00 00"]
