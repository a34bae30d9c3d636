"""A session on virtual headsets: events, lamps, faults, and nothing left behind."""

import threading
from pathlib import Path

import pytest

from bridge.drivers.hidraw.recognise import Recognised, recognise
from bridge.drivers.ports import HidNode
from bridge.drivers.virtual.headset import VirtualHeadset
from bridge.drivers.virtual.hid_clock import ManualClock
from bridge.drivers.virtual.models import EVOLVE_LINK, evolve_link, headset_from_recording
from bridge.drivers.virtual.temperament import GIGASET_ION, JABRA_EVOLVE, POLY, POLY_PULSE, YEALINK
from bridge.model.errors import TransportError
from bridge.model.events import ControlChanged, DeviceFaulted, DeviceLost
from bridge.model.hid import Control, Indication, Style
from bridge.model.trace import Stage
from bridge.protocols.hid_roles import LeftAlone
from tests.drivers.hid_rigs import EVOLVE, running, until
from tests.hid_dumps import ALL, DUMPS, LEFT_ALONE, USED
from tests.library import LIBRARY

RINGING = Indication(ring=True)
TALKING = Indication(off_hook=True)
MUTED = Indication(off_hook=True, mute=True)
HOOK, BUSY, MUTE = Control.HOOK, Control.LINE_BUSY, Control.MUTE


# -- keys ---------------------------------------------------------------------


async def test_the_first_press_after_plugging_in_is_heard() -> None:
    async with running() as rig:
        rig.headset.press("hook")
        await rig.settle()
        assert rig.heard() == [(HOOK, True), (BUSY, True)]


@pytest.mark.parametrize("name", [n for n in USED if "hook" in ALL[n].expected["roles"]])
async def test_every_real_device_answers_and_shows_it(name: str) -> None:
    async with running(name) as rig:
        rig.session.show(RINGING)
        rig.headset.press("hook")
        await until(lambda: (HOOK, True) in rig.heard())
        rig.session.show(TALKING)
        has_lamps = bool(ALL[name].expected["outputs"])
        await until(lambda: rig.headset.lamps["off_hook"] or not has_lamps)
        await until(lambda: not rig.headset.lamps["ring"])


async def test_events_carry_the_time_of_the_report_and_the_device() -> None:
    async with running() as rig:
        before = rig.session._now()
        rig.headset.press("flash")
        await rig.settle()
        event = rig.events[0]
        assert isinstance(event, ControlChanged)
        assert before <= event.at_s <= rig.session._now()
        assert event.device == rig.device.info.device


async def test_frames_sent_twice_are_one_press() -> None:
    async with running("047f-c053_blackwire-5220", POLY) as rig:
        rig.headset.press("mute")
        await rig.settle()
        assert rig.heard() == [(MUTE, True), (MUTE, False)]
        assert rig.session.statistics.duplicates == 2


async def test_a_device_without_a_reject_key_says_no_with_the_hook_down() -> None:
    async with running("047f-c056_blackwire-3220") as rig:
        rig.headset.send(b"\x08\x00")
        await rig.settle()
        rig.session.show(RINGING)
        await until(lambda: rig.headset.lamps["ring"])
        rig.clock.advance(0.02)  # longer than two reports count as one
        rig.headset.send(b"\x08\x00")
        await rig.settle()
        assert rig.heard() == [(HOOK, False)]


# -- lamps --------------------------------------------------------------------


async def test_nothing_is_written_before_there_is_something_to_show() -> None:
    async with running() as rig:
        rig.session.show(Indication())
        rig.session.show(Indication(), force=True)
        rig.session.show(RINGING)
        await until(lambda: rig.headset.lamps["ring"])
        assert rig.headset.written == [b"\x02\x04\x00"]


async def test_only_differences_are_written_and_force_writes_all() -> None:
    async with running("047f-c053_blackwire-5220") as rig:
        rig.session.show(TALKING)
        lifted = [b"\x17\x01", b"\x09\x00"]
        await until(lambda: rig.headset.written == lifted)
        rig.session.show(TALKING)
        rig.session.show(MUTED)
        await until(lambda: rig.headset.lamps["mute"])
        assert rig.headset.written == [*lifted, b"\x09\x01"]
        rig.session.show(MUTED, force=True)
        await until(lambda: len(rig.headset.written) == 7)
        assert rig.headset.written[3:] == [b"\x18\x00", b"\x17\x01", b"\x09\x01", b"\x20\x00"]


async def test_the_newest_of_many_indications_is_shown_in_the_end() -> None:
    async with running() as rig:
        for _ in range(200):
            rig.session.show(TALKING)
            rig.session.show(MUTED)
            rig.session.show(Indication())
        rig.session.show(RINGING)
        await until(lambda: rig.headset.written[-1:] == [b"\x02\x04\x00"])
        assert rig.session.statistics.writes == len(rig.headset.written)


async def test_a_refused_report_is_told_and_tried_again() -> None:
    async with running() as rig:
        rig.headset.refuse_writes = TransportError("the device stalls")
        rig.session.show(RINGING)
        await until(lambda: len(rig.events) == 1)
        fault = rig.events[0]
        assert isinstance(fault, DeviceFaulted)
        assert fault.reason == "the device stalls"
        rig.headset.refuse_writes = None
        await until(lambda: rig.headset.lamps["ring"])
        assert rig.session.statistics.write_errors >= 1


# The Evolve Link has one feature report: number 8, one byte (tests/dumps).
FEATURE, NO_SUCH_FEATURE = b"\x08\x00", b"\x63\x00"


async def test_features_of_the_profile_are_written_at_opening() -> None:
    async with running(at_open=(FEATURE,)) as rig:
        await until(lambda: rig.headset.features == [FEATURE])
        assert rig.headset.written == []


async def test_a_refused_feature_is_told_and_the_headset_works() -> None:
    async with running(at_open=(NO_SUCH_FEATURE, FEATURE)) as rig:
        await until(lambda: rig.headset.features == [FEATURE])
        rig.headset.press("hook")
        await until(lambda: (HOOK, True) in rig.heard())
        faults = [e for e in rig.events if isinstance(e, DeviceFaulted)]
        assert [f.reason.startswith("it refused a feature") for f in faults] == [True]


# -- faults -------------------------------------------------------------------


async def test_malformed_reports_are_counted_and_told_once() -> None:
    async with running() as rig:
        for length in range(1, 60):
            rig.headset.send(b"\x02" + bytes(length + 2))
        rig.headset.press("hook")
        await until(lambda: (HOOK, True) in rig.heard())
        assert rig.session.statistics.malformed == 59
        faults = [one for one in rig.events if isinstance(one, DeviceFaulted)]
        assert [one.reason for one in faults] == [
            "malformed report: expected 2 bytes in report 2, found 3"
        ]


async def test_a_pulled_headset_is_lost_once_and_closed() -> None:
    async with running() as rig:
        rig.session.show(TALKING)
        await until(lambda: rig.headset.lamps["off_hook"])
        rig.bus.unplug(rig.headset)
        await until(lambda: any(isinstance(one, DeviceLost) for one in rig.events))
        assert rig.headset.openers == 0
        rig.session.show(RINGING)  # to nobody, without harm
    assert sum(isinstance(one, DeviceLost) for one in rig.events) == 1


async def test_closing_is_not_losing() -> None:
    async with running() as rig:
        pass
    assert rig.events == []
    assert rig.headset.openers == 0


def open_files() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


async def test_two_hundred_cycles_leave_no_thread_and_no_file_behind() -> None:
    threads, files = threading.active_count(), open_files()
    for cycle in range(200):
        async with running() as rig:
            rig.session.show(RINGING)
            rig.headset.press("hook")
            await rig.settle()
            if cycle % 2:
                rig.bus.unplug(rig.headset)
    assert threading.active_count() <= threads
    assert open_files() <= files


# -- trace --------------------------------------------------------------------


async def test_the_trace_shows_bytes_keys_and_lamps() -> None:
    async with running() as rig:
        rig.session.show(RINGING)
        await until(lambda: rig.headset.lamps["ring"])
        rig.headset.press("hook")
        await rig.settle()
        assert [(one.stage, one.text) for one in rig.trace] == [
            (Stage.LAMP, "ring: 02 04 00"),
            (Stage.REPORT, "02 03 00"),
            (Stage.KEY, "hook on"),
            (Stage.KEY, "line_busy on"),
        ]


async def test_without_a_tracer_nothing_is_traced() -> None:
    async with running() as rig:
        rig.session.tracer = None
        rig.headset.press("hook")
        await rig.settle()
        assert rig.trace == []


# -- recognising --------------------------------------------------------------


def node(descriptor: bytes) -> HidNode:
    return HidNode("/dev/hidraw0", 3, 0x0B0E, 0x0307, "A\x07name", "", "1-2", descriptor)


def test_a_device_is_described_with_its_profile_and_its_roles() -> None:
    found = recognise(node(ALL[EVOLVE].recording.descriptor), LIBRARY)
    assert isinstance(found, Recognised)
    assert found.info.profile == "jabra-evolve-link"
    assert found.info.name == "A?name"
    assert found.info.conduct.hold_clears_off_hook
    assert found.info.conduct.mute_style is Style.PULSE
    assert found.why[0].startswith("usb id 0b0e:0307 is listed in ")


@pytest.mark.parametrize("name", LEFT_ALONE)
def test_devices_without_telephony_are_left_alone(name: str) -> None:
    found = recognise(node(ALL[name].recording.descriptor), LIBRARY)
    assert found == LeftAlone(ALL[name].expected["left_alone"])


@pytest.mark.parametrize("descriptor", [b"", b"\x05", bytes(5000)])
def test_a_broken_descriptor_is_left_alone(descriptor: bytes) -> None:
    found = recognise(node(descriptor), LIBRARY)
    assert isinstance(found, LeftAlone)
    assert found.reason.startswith("expected ")


# -- moods of the virtual headsets --------------------------------------------


def lone() -> tuple[VirtualHeadset, ManualClock]:
    clock = ManualClock()
    return headset_from_recording(ALL[EVOLVE].recording, clock), clock


def test_an_evolve_link_takes_an_unanswered_press_back() -> None:
    headset, clock = lone()
    headset.press("hook")
    clock.advance(1.9)
    assert headset.hook
    clock.advance(0.2)
    assert not headset.hook


def test_an_evolve_link_keeps_an_answered_press() -> None:
    headset, clock = lone()
    headset.press("hook")
    headset.write(b"\x02\x01\x00")
    clock.advance(10)
    assert headset.hook


def test_an_evolve_link_echoes_off_hook_and_on_hook() -> None:
    headset, _ = lone()
    handle = headset.open()
    headset.write(b"\x02\x01\x00")
    headset.write(b"\x02\x00\x00")
    assert [handle.read(0.0) for _ in range(3)] == [b"\x02\x03\x00", b"\x02\x00\x00", b""]


def test_an_evolve_link_has_no_mute_key_outside_calls() -> None:
    headset, _ = lone()
    headset.press("mute")
    assert headset.sent == 0
    headset.write(b"\x02\x01\x00")
    headset.press("mute")
    assert headset.sent == 3  # the echo, and a pulse


async def test_a_plantronics_hook_may_be_a_pulse() -> None:
    async with running("047f-c053_blackwire-5220", POLY_PULSE) as rig:
        rig.headset.press("hook")
        rig.clock.advance(0.05)
        await rig.settle()
        assert rig.heard() == [(HOOK, True), (HOOK, False)]


async def test_a_raised_boom_arm_refuses_to_unmute() -> None:
    async with running() as rig:
        rig.headset.boom_arm_up = True
        rig.session.show(MUTED)
        await until(lambda: rig.headset.lamps["mute"])
        rig.session.show(TALKING)
        await until(lambda: (MUTE, True) in rig.heard())


async def test_a_gigaset_reports_busy_with_the_hook_down_when_it_rings() -> None:
    async with running("0b0e-2456_speak-810", GIGASET_ION) as rig:
        rig.session.show(RINGING)
        await until(lambda: rig.headset.lamps["ring"])
        await rig.settle()
        assert rig.heard() == [(BUSY, True)]
        rig.headset.press("hook")
        await rig.settle()
        assert rig.heard()[1:] == [(HOOK, True)]


async def test_a_yealinks_hook_flickers_when_a_held_call_is_resumed() -> None:
    async with running("6993-b02b_wh66", YEALINK) as rig:
        rig.session.show(TALKING)
        await until(lambda: rig.headset.lamps["off_hook"])
        rig.session.show(Indication(hold=True))
        await until(lambda: rig.headset.lamps["hold"])
        rig.session.show(TALKING)
        await until(lambda: len(rig.headset.written) == 3)
        await rig.settle()
        hooks = [on for control, on in rig.heard() if control is HOOK]
        assert hooks == [True, False, True, False, True]


async def test_a_key_nobody_has_does_nothing() -> None:
    async with running("047f-c056_blackwire-3220") as rig:
        rig.headset.press("reject")
        rig.headset.press("5")
        assert rig.headset.sent == 0
        with pytest.raises(KeyError):
            rig.headset.press("self-destruct")


def test_the_demonstrations_headset_is_the_dump_among_the_tests() -> None:
    assert EVOLVE_LINK.read_bytes() == (DUMPS / f"{EVOLVE}.hid").read_bytes()
    assert evolve_link(ManualClock()).temperament is JABRA_EVOLVE
