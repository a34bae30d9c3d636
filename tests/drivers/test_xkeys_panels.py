"""X-keys panels: which interface is taken, what is told, how lamps blink."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from itertools import pairwise

import pytest

from bridge.drivers.hid_panels.bus import HidPanels
from bridge.drivers.hid_panels.xkeys import fits
from bridge.drivers.virtual.xkeys_panel import VirtualXkeys
from bridge.model.blf import (
    Color,
    KeyFace,
    Lamp,
    PanelAttached,
    PanelEvent,
    PanelInfo,
    PanelKey,
    PanelRefused,
    Pattern,
)
from bridge.model.panels import PanelSettings
from bridge.profiles.hid_panels import XKEYS, XKEYS_BY_PRODUCT, XkeysModel
from bridge.protocols.xkeys import light
from tests.contract.panel_rigs import Nodes
from tests.mqtt.waiting import eventually

XKE_128 = XKEYS_BY_PRODUCT[1230]
KEYBOARD = bytes.fromhex("05 01 09 06 a1 01 05 07 19 e0 29 e7 75 01 95 08 81 02 95 08 91 01 c0")
JOYSTICK = bytes.fromhex("05 01 09 04 a1 01 09 30 15 81 25 7f 75 08 95 01 81 02 c0")


class Desk:
    """X-keys of one daemon."""

    def __init__(self) -> None:
        self.events: list[PanelEvent] = []
        self.nodes = Nodes()
        settings = PanelSettings(xkeys=True, brightness=100)
        self.bus = HidPanels(settings, self.nodes, self.events.append)

    async def attach(self, panel: VirtualXkeys) -> PanelInfo:
        self.nodes.add(panel.node("/virtual/hidraw1"), panel.handle)
        await eventually(lambda: self.events, "the panel")
        (event,) = self.events
        assert isinstance(event, PanelAttached)
        return event.info

    @property
    def keys(self) -> list[tuple[int, bool]]:
        return [(one.key, one.down) for one in self.events if isinstance(one, PanelKey)]


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    desk = Desk()
    async with desk.bus:
        yield desk


@pytest.mark.parametrize("model", XKEYS, ids=lambda one: one.name)
async def test_every_key_of_every_model_is_lit_and_told(desk: Desk, model: XkeysModel) -> None:
    panel = VirtualXkeys(model)
    info = await desk.attach(panel)
    assert info.keys == model.keys
    blue = KeyFace(1, "Anna", "free", Lamp(Color.BLUE))
    desk.bus.show(info.panel, dict.fromkeys(range(model.keys), blue))
    everywhere = dict.fromkeys(range(model.keys), Color.BLUE)
    await eventually(lambda: panel.lit() == everywhere, "all lamps")
    for key in range(model.keys):
        panel.move(key, down=True)
    await eventually(lambda: len(desk.keys) == model.keys, "all keys")
    assert desk.keys == [(key, True) for key in range(model.keys)]


async def test_a_panel_is_known_by_the_number_its_user_gave_it_or_by_its_place(desk: Desk) -> None:
    info = await desk.attach(VirtualXkeys(XKE_128, unit=7))
    assert (info.panel, info.name, info.firmware) == ("xke-128-u7", "X-keys XKE-128", "13")
    other = Desk()
    async with other.bus:
        info = await other.attach(VirtualXkeys(XKE_128))
    assert info.panel == "xke-128-1-5"


@pytest.mark.parametrize(
    ("descriptor", "taken"),
    [(None, True), (KEYBOARD, False), (JOYSTICK, False), (b"", False), (b"\xff\xff", False)],
    ids=["panel", "keyboard", "joystick", "none", "nonsense"],
)
def test_only_the_interface_with_the_lights_is_taken(descriptor: bytes | None, taken: bool) -> None:
    node = VirtualXkeys(XKE_128).node("/dev/hidraw1")
    assert fits(node if descriptor is None else replace(node, descriptor=descriptor)) == taken


def test_keyboards_of_the_same_maker_are_left_alone() -> None:
    node = VirtualXkeys(XKE_128).node("/dev/hidraw1")
    assert not fits(replace(node, product_id=0x0007))


async def test_a_key_that_is_down_at_the_beginning_is_told_when_it_comes_again(
    desk: Desk,
) -> None:
    panel = VirtualXkeys(XKE_128)
    panel.move(3, down=True)
    await desk.attach(panel)
    panel.move(5, down=True)
    panel.move(3, down=False)
    panel.move(3, down=True)
    await eventually(lambda: len(desk.keys) == 3, "the keys")
    assert desk.keys == [(5, True), (3, False), (3, True)]


async def test_a_panel_that_does_not_answer_is_told(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bridge.drivers.hid_panels.xkeys.ANSWER_S", 0.3)
    panel = VirtualXkeys(XKE_128)
    monkeypatch.setattr(panel.handle, "write", lambda report: None)
    desk.nodes.add(panel.node("/virtual/hidraw1"), panel.handle)
    await eventually(lambda: desk.events, "a complaint")
    reason = (
        "/virtual/hidraw1 does not answer as XKE-128: expected its version and keys within "
        "0.3 s, found nothing"
    )
    assert desk.events == [PanelRefused("/virtual/hidraw1", reason)]


async def test_a_blinking_lamp_goes_on_and_off_and_a_steady_one_stays(desk: Desk) -> None:
    panel = VirtualXkeys(XKE_128)
    info = await desk.attach(panel)
    steady = KeyFace(1, "Anna", "busy", Lamp(Color.RED))
    ringing = KeyFace(2, "Bernd", "ringing", Lamp(Color.RED, Pattern.FAST))
    desk.bus.show(info.panel, {0: steady, 9: ringing})
    seen: list[bool] = []

    def has_blinked() -> bool:
        lit = panel.lit()
        if lit.get(0) is Color.RED:
            seen.append(9 in lit)
        return sum(one != other for one, other in pairwise(seen)) >= 3

    await eventually(has_blinked, "three changes")
    assert panel.levels == (255, 255)


async def test_what_a_killed_daemon_left_lit_is_dark_before_it_is_used(desk: Desk) -> None:
    panel = VirtualXkeys(XKE_128)
    for report in light(XKE_128, 77, Color.RED):
        panel.handle.write(report)
    assert panel.lit() == {77: Color.RED}
    await desk.attach(panel)
    assert panel.lit() == {}


async def test_left_behind_each_key_shows_unknown_as_far_as_it_can_without_blinking() -> None:
    """Blue is *unknown* on one key and *free* on another: only who chose the lamps knows."""
    desk, panel = Desk(), VirtualXkeys(XKE_128)
    blue, dark, flash = Lamp(Color.BLUE), Lamp(), Lamp(Color.RED, Pattern.DOUBLE)
    async with desk.bus:
        info = await desk.attach(panel)
        faces = [
            KeyFace(1, "Anna", "free", dark, unknown=blue),
            KeyFace(2, "Ben", "free", blue, unknown=dark),
            KeyFace(3, "Line", "active", blue, unknown=flash),
        ]
        desk.bus.show(info.panel, dict(enumerate(faces)))
        await eventually(lambda: panel.lit() == {1: Color.BLUE, 2: Color.BLUE}, "lamps")
    assert panel.lit() == {0: Color.BLUE}


async def test_x_keys_are_left_alone_unless_the_user_wants_them() -> None:
    events: list[PanelEvent] = []
    nodes = Nodes()
    async with HidPanels(PanelSettings(), nodes, events.append):
        panel = VirtualXkeys(XKE_128)
        nodes.add(panel.node("/virtual/hidraw1"), panel.handle)
        await asyncio.sleep(0)
        assert events == []
