"""More reports than can be taken: what waits, what is lost, and that nothing stays wrong."""

import time
from collections.abc import Callable

from bridge.drivers.hidraw.session import ON_THE_WAY, TRACED_BEHIND
from bridge.drivers.virtual.hid_clock import ManualClock
from bridge.drivers.virtual.hid_handle import QUEUED_REPORTS
from bridge.drivers.virtual.models import evolve_link
from bridge.model.hid import Control
from bridge.model.trace import Stage
from tests.drivers.hid_rigs import PATIENCE_S, Rig, running, until

HOOK, BUSY, MUTE, FLASH = Control.HOOK, Control.LINE_BUSY, Control.MUTE, Control.FLASH
UP = Control.VOLUME_UP
LOUDER = b"\x01\x02\x00"  # an Evolve Link's volume key goes down
REST = b"\x01\x00\x00"


def wait(condition: Callable[[], bool]) -> None:
    """Wait for other threads while the event loop stands still."""
    ends_s = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < ends_s, "not in time"
        time.sleep(0.001)


def sent(rig: Rig, report: bytes) -> None:
    """Send a report and wait until it is read."""
    rig.headset.send(report)
    wait(lambda: rig.session.statistics.reports == rig.headset.sent)


def stuff(rig: Rig) -> None:
    """Turn the volume wheel while the loop stands still, until the next report is lost."""
    rig.session.tracer = None
    for number in range(ON_THE_WAY):
        sent(rig, REST if number % 2 else LOUDER)
    rig.headset.send(LOUDER)
    wait(lambda: rig.session.statistics.pauses > 0)
    for _ in range(QUEUED_REPORTS):
        rig.headset.send(REST)


async def catches_up(rig: Rig) -> None:
    """Wait until what was not lost is read and taken."""
    await until(lambda: rig.headset.rests(0) and not rig.session.behind)


def test_a_reader_that_does_not_read_loses_the_newest_reports() -> None:
    headset = evolve_link(ManualClock())
    handle = headset.open()
    for number in range(QUEUED_REPORTS + 10):
        headset.send(bytes([1, number]))
    assert [handle.read(0)[1] for _ in range(QUEUED_REPORTS)] == list(range(QUEUED_REPORTS))
    assert handle.read(0) == b""


async def test_beyond_a_limit_reading_waits_for_the_loop() -> None:
    async with running() as rig:
        stuff(rig)
        assert rig.session.behind == ON_THE_WAY
        assert rig.heard() == []
        await rig.settle()
        assert rig.heard() == [(UP, number % 2 == 0) for number in range(ON_THE_WAY + 2)]
        assert rig.session.behind == 0


async def test_a_lost_hang_up_is_noticed_with_the_next_report() -> None:
    async with running() as rig:
        rig.headset.press("hook")
        await rig.settle()
        stuff(rig)
        rig.headset.press("hook")  # the kernel has no room for it
        await catches_up(rig)
        assert rig.heard()[-1] != (HOOK, False)
        rig.events.clear()
        rig.headset.press("flash")
        await until(lambda: (FLASH, False) in rig.heard())
        assert rig.heard() == [(HOOK, False), (BUSY, False), (FLASH, True), (FLASH, False)]


async def test_a_key_whose_release_was_lost_works_again_after_the_next_report() -> None:
    async with running() as rig:
        rig.headset.hold_down("flash")
        await rig.settle()
        stuff(rig)
        rig.headset.let_go("flash")
        await catches_up(rig)
        rig.events.clear()
        rig.headset.repeat()
        rig.headset.press("flash")
        await until(lambda: len(rig.heard()) == 3)
        assert rig.heard() == [(FLASH, False), (FLASH, True), (FLASH, False)]


async def test_a_lost_press_leaves_no_release_behind() -> None:
    async with running() as rig:
        stuff(rig)
        rig.headset.hold_down("flash")
        await catches_up(rig)
        rig.events.clear()
        rig.headset.let_go("flash")
        rig.headset.press("redial")
        await until(lambda: len(rig.heard()) == 2)
        assert rig.heard() == [(Control.REDIAL, True), (Control.REDIAL, False)]


async def test_a_session_that_waits_for_the_loop_can_be_closed() -> None:
    async with running() as rig:
        stuff(rig)
    assert not rig.session._reading.is_alive()


async def test_watching_a_device_that_talks_too_much_slows_nothing() -> None:
    async with running() as rig:
        for number in range(ON_THE_WAY):
            sent(rig, bytes([5, number, 0]))  # Jabra's own, no key in it
        assert rig.session.statistics.untraced == ON_THE_WAY - TRACED_BEHIND
        assert rig.session.statistics.pauses == 0
        await rig.settle()
        assert len([one for one in rig.trace if one.stage is Stage.REPORT]) == TRACED_BEHIND
