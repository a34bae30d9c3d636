"""Stream Decks: what is seen on their keys, and what is told when one cannot be used."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from PIL import Image, ImageChops

from bridge.drivers.hid_panels import picture, streamdeck
from bridge.drivers.hid_panels.bus import HidPanels
from bridge.drivers.hid_panels.picture import RGB, Look, draw
from bridge.drivers.ports import HidHandle, HidNode
from bridge.drivers.virtual.deck import VENDOR, VirtualDeck
from bridge.model.blf import (
    Color,
    KeyFace,
    KeyState,
    Lamp,
    PanelAttached,
    PanelEvent,
    PanelId,
    PanelLost,
    PanelRefused,
    Pattern,
)
from bridge.model.errors import PermissionMissing
from bridge.model.panels import PanelSettings
from tests.contract.panel_rigs import Nodes, color_of
from tests.mqtt.waiting import eventually

ANNA = Look("Anna Schmidt", "busy", Color.RED)


def face(color: Color, pattern: Pattern = Pattern.STEADY) -> KeyFace:
    return KeyFace(1, "Anna Schmidt", "busy", Lamp(color, pattern))


def differ(one: Look | None, other: Look | None) -> bool:
    return ImageChops.difference(draw(one, 72, 72), draw(other, 72, 72)).getbbox() is not None


# -- pictures -----------------------------------------------------------------


@pytest.mark.parametrize("color", [color for color in Color if color is not Color.OFF])
@pytest.mark.parametrize("size", [72, 80, 96, 120])
def test_the_band_has_the_colour_of_the_lamp(color: Color, size: int) -> None:
    image = draw(Look("Anna", "free", color), size, size)
    assert image.getpixel((1, size - 2)) == RGB[color]


@pytest.mark.parametrize(
    "other",
    [
        Look("Anna Schmitt", "busy", Color.RED),
        Look("Anna Schmidt", "held", Color.RED),
        Look("Anna Schmidt", "busy", Color.GREEN),
        Look("Anna Schmidt", "busy", Color.RED, bright=False),
        None,
    ],
)
def test_name_word_and_colour_are_each_seen(other: Look | None) -> None:
    assert differ(ANNA, other)


@pytest.mark.parametrize("state", KeyState)
def test_every_word_for_a_state_fits_uncut_on_the_smallest_key(state: KeyState) -> None:
    font = picture._font(round(72 * picture.SMALLEST))
    assert font.getlength(state.value) <= 72 - 4 or "-" in state.value


@pytest.mark.parametrize(
    "label",
    [
        "",
        " ",
        "Ö",
        "x" * 64,
        "Donaudampfschifffahrtsgesellschaft Einkauf",
        "漢字 Łódź ß",
        "a\nb\tc",
    ],
)
def test_any_name_makes_a_picture(label: str) -> None:
    assert draw(Look(label, "free", Color.GREEN), 72, 72).size == (72, 72)


def test_the_built_in_letters_stand_in_for_those_it_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picture, "FONTS", ())
    picture._font.cache_clear()
    assert picture._legible("Jörg Weiß 漢", picture._font(12)) == "Jorg Weiss ?"
    picture._font.cache_clear()


def contrast(one: tuple[int, int, int], other: tuple[int, int, int]) -> float:
    """Return the contrast of two colours (WCAG 2, definition of relative luminance)."""

    def luminance(rgb: tuple[int, int, int]) -> float:
        parts = [c / 255 / 12.92 if c <= 10 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in rgb]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("color", Color)
def test_the_word_is_read_on_every_colour(color: Color) -> None:
    assert contrast(picture._ink(RGB[color]), RGB[color]) >= 4.5


# -- decks --------------------------------------------------------------------


class Desk:
    """Stream Decks of one daemon."""

    def __init__(self) -> None:
        self.events: list[PanelEvent] = []
        self.nodes = Nodes()
        self.settings = PanelSettings(streamdeck=True, brightness=35)
        self.bus = HidPanels(self.settings, self.nodes, self.events.append)
        self.deck = VirtualDeck()

    def plug(self) -> None:
        self.nodes.add(self.deck.node("/virtual/hidraw1"), self.deck.handle)

    @property
    def refused(self) -> list[str]:
        return [one.reason for one in self.events if isinstance(one, PanelRefused)]

    @property
    def panels(self) -> list[PanelId]:
        return [one.info.panel for one in self.events if isinstance(one, PanelAttached)]


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    desk = Desk()
    async with desk.bus:
        yield desk


async def test_a_deck_says_what_it_is_and_is_as_bright_as_configured(desk: Desk) -> None:
    desk.plug()
    await eventually(lambda: desk.panels, "the deck")
    (info,) = [one.info for one in desk.events if isinstance(one, PanelAttached)]
    assert (info.panel, info.name, info.firmware) == (
        "streamdeck-al12k1a0001",
        "Stream Deck Original",
        "1.00.000",
    )
    assert info.has_pictures
    assert info.colors == frozenset(Color)
    assert desk.deck.brightness == 35


async def test_what_a_killed_daemon_left_on_it_is_gone_before_it_is_used(desk: Desk) -> None:
    left = bytes([2, 7, 3, 1, 4, 0, 0, 0]).ljust(1024, b"\xff")
    desk.deck.handle.write(left)
    old = desk.deck.jpegs[3]
    desk.plug()
    await eventually(lambda: desk.panels, "the deck")
    assert old not in desk.deck.jpegs.values()
    assert {color_of(jpeg) for jpeg in desk.deck.jpegs.values()} == {None}
    assert len(desk.deck.jpegs) == 15


async def test_a_blinking_key_blinks_and_a_steady_one_is_drawn_once(desk: Desk) -> None:
    desk.plug()
    await eventually(lambda: desk.panels, "the deck")
    desk.bus.show(desk.panels[0], {0: face(Color.GREEN)})
    await eventually(lambda: color_of(desk.deck.jpegs[0]) is Color.GREEN, "green")
    before, steady = desk.deck.drawn, desk.deck.jpegs[0]
    desk.bus.show(desk.panels[0], {0: face(Color.GREEN), 1: face(Color.RED, Pattern.FAST)})
    seen = set()

    def has_both() -> bool:
        seen.add(desk.deck.jpegs[1])
        return desk.deck.drawn >= before + 4

    await eventually(has_both, "four pictures of a blinking key")
    assert desk.deck.jpegs[0] is steady
    assert len(seen - {desk.deck.jpegs[2]}) >= 2  # 2 is black, as 1 was


async def test_a_device_of_another_maker_is_not_opened(desk: Desk) -> None:
    opened: list[str] = []

    def refuse(node: HidNode) -> HidHandle:
        opened.append(node.node)
        raise AssertionError("opened")

    desk.nodes.open = refuse  # type: ignore[method-assign]
    strange = HidNode("/dev/hidraw9", 3, VENDOR + 1, 0x006D, "Stream Deck", "", "", b"")
    desk.nodes.add(strange, desk.deck.handle)
    await eventually(desk.nodes.queue.empty, "the node was told")
    await asyncio.sleep(0)
    assert opened == []


async def test_a_product_the_library_does_not_know_is_told(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streamdeck, "STREAM_DECKS", {0x0FFF})
    unknown = HidNode("/dev/hidraw9", 3, VENDOR, 0x0FFF, "", "", "", b"")
    desk.nodes.add(unknown, desk.deck.handle)
    await eventually(lambda: desk.refused, "a complaint")
    assert desk.refused == ["the streamdeck library does not know product 0fff: update it"]


async def test_a_deck_that_does_not_answer_as_one_is_told(desk: Desk) -> None:
    desk.deck.unplug()
    desk.plug()
    await eventually(lambda: desk.refused, "a complaint")
    assert desk.refused[0].startswith("/virtual/hidraw1 does not answer as a Stream Deck: ")


async def test_a_deck_we_may_not_open_is_told_with_the_way_out(desk: Desk) -> None:
    def refuse(node: HidNode) -> HidHandle:
        raise PermissionMissing(f"no access to {node.node}: do this")

    desk.nodes.open = refuse  # type: ignore[method-assign]
    desk.plug()
    await eventually(lambda: desk.refused, "a complaint")
    assert desk.refused == ["no access to /virtual/hidraw1: do this"]


async def test_without_the_library_one_sentence_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(streamdeck, "is_installed", lambda: False)
    desk = Desk()
    desk.plug()
    async with desk.bus:
        assert desk.refused == [streamdeck.INSTALL]
        desk.bus.show(PanelId("streamdeck-1"), {0: None})


async def test_a_deck_pulled_while_it_is_drawn_is_lost_once(desk: Desk) -> None:
    desk.plug()
    await eventually(lambda: desk.panels, "the deck")
    desk.bus.show(desk.panels[0], {key: face(Color.RED, Pattern.FAST) for key in range(15)})
    desk.deck.unplug()
    desk.nodes.remove("/virtual/hidraw1")
    await eventually(
        lambda: any(isinstance(one, PanelLost) for one in desk.events), "the deck is lost"
    )
    assert len(desk.events) == 2


def test_the_picture_of_the_page_is_what_people_see() -> None:
    """Upright, dark above, the band below; the deck's half turn is undone by the library's."""
    image: Image.Image = draw(ANNA, 72, 72)
    assert image.getpixel((0, 0)) == picture.BACKGROUND
