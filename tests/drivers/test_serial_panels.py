"""Serial panels as a person with a cable in the hand meets them; the ports are pseudo terminals."""

import asyncio
import contextlib
import grp
import os
import tty
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import serial

from bridge.drivers.serial.bus import SerialPanels
from bridge.drivers.serial.port import SerialPort
from bridge.drivers.virtual.panel import PtyPanel
from bridge.drivers.virtual.panel_firmware import Make
from bridge.model.blf import (
    Color,
    KeyFace,
    Lamp,
    PanelAttached,
    PanelEvent,
    PanelId,
    PanelLost,
    PanelRefused,
)
from bridge.model.errors import DeviceBusy, DeviceGone, PermissionMissing, TransportError
from bridge.model.panels import PanelSettings
from bridge.protocols.panel_link import Pace
from tests.contract.panel_rigs import Ports
from tests.mqtt.waiting import eventually

QUICK = Pace(hello_s=0.3)
RED = KeyFace(1, "Anna", "busy", Lamp(Color.RED))


class Desk:
    """Serial panels of one daemon, and all they tell."""

    def __init__(self, settings: PanelSettings, pace: Pace | None = None) -> None:
        self.events: list[PanelEvent] = []
        self.ports = Ports()
        self.bus = SerialPanels(settings, self.ports, self.events.append, pace=pace)

    @property
    def attached(self) -> list[PanelAttached]:
        return [one for one in self.events if isinstance(one, PanelAttached)]

    @property
    def refused(self) -> list[str]:
        return [one.reason for one in self.events if isinstance(one, PanelRefused)]

    async def has(self, count: int) -> PanelId:
        await eventually(lambda: len(self.attached) >= count, f"{count} panels attached")
        return self.attached[-1].info.panel


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as stack:
        yield stack


async def desk_with(stack: AsyncExitStack, *paths: str, pace: Pace | None = None) -> Desk:
    desk = Desk(PanelSettings(serial=paths), pace)
    await stack.enter_async_context(desk.bus)
    return desk


def make_of(keys: int = 8, model: str = "Desk 8", serial: str = "A1") -> Make:
    make = Make()
    make.keys, make.model, make.serial = keys, model, serial
    return make


# -- which ports are opened ---------------------------------------------------


async def test_a_port_that_calls_itself_ours_is_found(stack: AsyncExitStack) -> None:
    desk = await desk_with(stack)
    panel = await stack.enter_async_context(PtyPanel(make_of(keys=128)))
    desk.ports.add(panel.path, "OFFHOOK PANEL 128")
    await desk.has(1)
    assert desk.attached[0].info.keys == 128


@pytest.mark.parametrize("name", ["", "USB Serial", "Arduino Mega", "My Offhook panel"])
async def test_a_port_of_anything_else_is_never_opened(stack: AsyncExitStack, name: str) -> None:
    opened: list[str] = []

    def open_port(path: str, baud: int) -> SerialPort:
        opened.append(path)
        return SerialPort(path, baud)

    events: list[PanelEvent] = []
    ports = Ports()
    bus = SerialPanels(PanelSettings(), ports, events.append, open_port=open_port)
    await stack.enter_async_context(bus)
    strange = await stack.enter_async_context(PtyPanel())
    ours = await stack.enter_async_context(PtyPanel())
    ports.add(strange.path, name)
    ports.add(ours.path)
    await eventually(lambda: events, "ours is attached")
    assert opened == [ours.path]


async def test_ports_are_not_looked_for_when_the_user_says_so(stack: AsyncExitStack) -> None:
    desk = Desk(PanelSettings(finds_serial=False))
    await stack.enter_async_context(desk.bus)
    panel = await stack.enter_async_context(PtyPanel())
    desk.ports.add(panel.path)
    await eventually(desk.ports.queue.empty, "the port was told")
    await asyncio.sleep(0)
    assert not desk.bus._places.by_path


async def test_a_configured_port_is_served_once(stack: AsyncExitStack, tmp_path: Path) -> None:
    panel = await stack.enter_async_context(PtyPanel())
    link = tmp_path / "by-id"
    link.symlink_to(panel.path)
    desk = await desk_with(stack, str(link))
    desk.ports.add(panel.path)
    await desk.has(1)
    await eventually(desk.ports.queue.empty, "the port was told")
    assert len(desk.bus._places.by_path) == 1
    assert desk.refused == []


async def test_two_panels_without_serial_numbers_are_two(stack: AsyncExitStack) -> None:
    one = await stack.enter_async_context(PtyPanel(make_of(serial="")))
    two = await stack.enter_async_context(PtyPanel(make_of(serial="")))
    desk = await desk_with(stack, one.path, two.path)
    await desk.has(2)
    first, second = (event.info.panel for event in desk.attached)
    assert first != second
    desk.bus.show(first, {0: RED})
    await eventually(lambda: one.board.lit or two.board.lit, "a lamp")
    assert sorted(map(len, (one.board.lit, two.board.lit))) == [0, 1]


# -- what is refused, in one sentence -----------------------------------------


async def test_a_port_that_is_not_there_is_told_once_and_taken_back(
    stack: AsyncExitStack, tmp_path: Path
) -> None:
    path = tmp_path / "panel"
    desk = await desk_with(stack, str(path))
    await eventually(lambda: desk.refused, "a complaint")
    panel = await stack.enter_async_context(PtyPanel())
    path.symlink_to(panel.path)
    desk.ports.add(panel.path, "")
    await desk.has(1)
    assert desk.refused == [
        f"there is no {path}: plug the panel in, or correct panels.serial",
        "",
    ]


async def test_a_port_somebody_else_has_is_told_and_taken_when_it_is_free(
    stack: AsyncExitStack,
) -> None:
    panel = await stack.enter_async_context(PtyPanel())
    with serial.Serial(panel.path, exclusive=True):
        desk = await desk_with(stack, panel.path)
        await eventually(lambda: desk.refused, "a complaint")
    desk.ports.add(panel.path, "")
    await desk.has(1)
    assert desk.refused == [f"{panel.path} is used by another program: close it", ""]


async def test_our_port_is_for_nobody_else(stack: AsyncExitStack) -> None:
    panel = await stack.enter_async_context(PtyPanel())
    desk = await desk_with(stack, panel.path)
    await desk.has(1)
    with pytest.raises(DeviceBusy, match="used by another program: close it"):
        SerialPort(panel.path, 115200)


async def test_a_newer_panel_is_told_and_its_update_taken(stack: AsyncExitStack) -> None:
    make = make_of()
    make.oldest = make.newest = 7
    panel = await stack.enter_async_context(PtyPanel(make))
    desk = await desk_with(stack, panel.path)
    await eventually(lambda: desk.refused, "a complaint")
    make.oldest = 1
    panel.firmware.restart()
    await desk.has(1)
    assert desk.refused == [
        "Desk 8 speaks version 7 of the protocol, Offhook 1: update Offhook",
        "",
    ]


async def test_a_silent_device_is_told_in_time(stack: AsyncExitStack) -> None:
    panel = await stack.enter_async_context(PtyPanel())
    panel.firmware.stop()
    desk = await desk_with(stack, panel.path, pace=QUICK)
    await eventually(lambda: desk.refused, "a complaint")
    assert desk.refused == ["no panel answers, expected a hello within 0.3 s, found nothing"]


@pytest.fixture
def plain_pty() -> Iterator[tuple[int, str]]:
    master, slave = os.openpty()
    tty.setraw(slave)
    yield master, os.ttyname(slave)
    for one in (master, slave):
        with contextlib.suppress(OSError):
            os.close(one)


async def test_a_device_that_takes_nothing_keeps_nobody_from_leaving(
    plain_pty: tuple[int, str],
) -> None:
    _, path = plain_pty
    async with asyncio.timeout(20):
        async with AsyncExitStack() as stack:
            desk = await desk_with(stack, path, pace=QUICK)
            await eventually(lambda: desk.refused, "a complaint")


async def test_leaving_is_told_to_the_panel_and_not_left_to_its_patience(
    stack: AsyncExitStack,
) -> None:
    panel = await stack.enter_async_context(PtyPanel())
    desk = Desk(PanelSettings(serial=(panel.path,)), Pace(silence_s=60.0))
    async with desk.bus:
        name = await desk.has(1)
        desk.bus.show(name, {0: RED})
        await eventually(lambda: panel.board.lit == {0: Color.RED}, "the lamp")
    await eventually(lambda: set(panel.board.lit.values()) == {Color.DARK_BLUE}, "unknown lamps")


@pytest.mark.parametrize(
    ("path", "kind", "said"),
    [
        ("/dev/null", TransportError, "/dev/null is no serial port: correct panels.serial"),
        ("/dev/offhook-none", DeviceGone, "there is no /dev/offhook-none: plug the panel in"),
    ],
)
def test_what_is_no_port_is_told_with_the_way_out(
    path: str, kind: type[TransportError], said: str
) -> None:
    with pytest.raises(kind, match=said):
        SerialPort(path, 115200)


@pytest.mark.parametrize(
    ("group", "way_out"),
    [
        ("dialout", "it is open to the group dialout: sudo usermod -aG dialout $USER"),
        ("root", "install the group and the udev rule of systemd/README.md, then plug in again"),
    ],
)
def test_a_port_without_permission_is_told_with_the_way_out(
    monkeypatch: pytest.MonkeyPatch, group: str, way_out: str
) -> None:
    def refuse(*args: object, **options: object) -> None:
        raise serial.SerialException(13, "could not open port")

    monkeypatch.setattr(serial, "Serial", refuse)  # the tests may run as root, whom none refuses
    monkeypatch.setattr(grp, "getgrgid", lambda gid: grp.struct_group((group, "", gid, [])))
    with pytest.raises(PermissionMissing) as refused:
        SerialPort("/dev/tty", 115200)
    assert str(refused.value).startswith(f"no access to /dev/tty: {way_out}")


# -- cables -------------------------------------------------------------------


async def test_a_panel_that_loses_its_power_is_lit_again_when_it_is_shown(
    stack: AsyncExitStack,
) -> None:
    panel = await stack.enter_async_context(PtyPanel())
    desk = await desk_with(stack, panel.path)
    name = await desk.has(1)
    panel.firmware.restart()
    await desk.has(2)
    assert [one.reason for one in desk.events if isinstance(one, PanelLost)] == [
        "the panel started anew"
    ]
    desk.bus.show(name, {0: RED})
    await eventually(lambda: panel.board.lit == {0: Color.RED}, "the lamp")


async def test_a_panel_is_pulled_and_put_back_twenty_times(
    stack: AsyncExitStack, tmp_path: Path
) -> None:
    link = tmp_path / "panel"
    desk = await desk_with(stack, str(link))
    names = set()
    for turn in range(20):
        async with PtyPanel(make_of()) as panel:
            link.symlink_to(panel.path)
            desk.ports.add(panel.path, "")
            names.add(await desk.has(turn + 1))
            desk.bus.show(desk.attached[-1].info.panel, {turn % 8: RED})
            await eventually(lambda b=panel.board: b.lit, "the lamp")  # type: ignore[misc]
            link.unlink()
    assert names == {"desk-8-a1"}


async def test_a_found_port_that_is_gone_is_forgotten(stack: AsyncExitStack) -> None:
    desk = await desk_with(stack)
    panel = await stack.enter_async_context(PtyPanel())
    desk.ports.add(panel.path)
    await desk.has(1)
    panel.unplug()
    desk.ports.remove(panel.path)
    await eventually(lambda: not desk.bus._places.by_path, "the port is forgotten")
    await eventually(
        lambda: any(isinstance(one, PanelLost) for one in desk.events), "the panel is lost"
    )
    assert desk.refused == []


async def test_udev_that_tells_late_does_not_touch_the_panel_that_is_served(
    stack: AsyncExitStack,
) -> None:
    desk = await desk_with(stack)
    panel = await stack.enter_async_context(PtyPanel())
    desk.ports.add(panel.path)
    await desk.has(1)
    desk.ports.remove(panel.path)  # both are of the replugging that ended with what is there now
    desk.ports.add(panel.path)
    await eventually(desk.ports.queue.empty, "udev has told")
    desk.bus.show(desk.attached[0].info.panel, {3: RED})
    await eventually(lambda: panel.board.lit == {3: Color.RED}, "the lamp")
    assert len(desk.events) == 1


async def test_another_device_under_the_name_of_a_panel_is_not_opened(
    stack: AsyncExitStack,
) -> None:
    opened: list[str] = []

    def open_port(path: str, baud: int) -> SerialPort:
        opened.append(path)
        return SerialPort(path, baud)

    events: list[PanelEvent] = []
    ports = Ports()
    bus = SerialPanels(PanelSettings(), ports, events.append, open_port=open_port)
    await stack.enter_async_context(bus)
    panel = await stack.enter_async_context(PtyPanel())
    ports.add(panel.path)
    await eventually(lambda: events, "it is attached")
    ports.others.add(panel.path)
    panel.unplug()
    await eventually(lambda: any(isinstance(one, PanelLost) for one in events), "it is lost")
    keeper = bus._places.by_path[panel.path]
    for _ in range(2):  # the second time, the first is over
        keeper.wake.set()
        await eventually(lambda: not keeper.wake.is_set(), "the port is looked at again")
    assert opened == [panel.path]


async def test_what_was_said_before_the_port_was_opened_is_not_heard(
    stack: AsyncExitStack,
) -> None:
    panel = await stack.enter_async_context(PtyPanel())
    desk = await desk_with(stack, panel.path)
    await desk.has(1)
    for _ in range(3):
        panel.press(3)
        panel.release(3)
    await desk.bus.__aexit__()
    panel.press(4)  # nobody is there
    count = len(desk.events)
    again = await desk_with(stack, panel.path)
    await again.has(1)
    panel.press(5)
    await eventually(lambda: len(again.events) > 1, "the key")
    assert len(again.events) == 2
    assert len(desk.events) == count
