"""What every kind of key panel promises; see ``ports.PanelBus``."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from bridge.drivers.virtual.deck import VirtualDeck
from bridge.drivers.virtual.xkeys_panel import VirtualXkeys
from bridge.model.blf import (
    Color,
    KeyFace,
    Lamp,
    PanelAttached,
    PanelId,
    PanelKey,
    PanelLost,
    Pattern,
)
from bridge.profiles.hid_panels import XKEYS_BY_PRODUCT
from tests.contract.panel_rigs import KEYS, HidRig, Rig, SerialRig, TwinRig
from tests.mqtt.waiting import eventually

NOBODY = PanelId("nobody")


def face(color: Color, state: str = "free", pattern: Pattern = Pattern.STEADY) -> KeyFace:
    return KeyFace(1, "Anna", state, Lamp(color, pattern))


BLUE, RED = face(Color.BLUE), face(Color.RED, "busy")


XK_24 = XKEYS_BY_PRODUCT[1029]


@pytest.fixture(params=["serial", "streamdeck", "xkeys", "twin"])
async def rig(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Rig]:
    rigs: dict[str, Callable[[], Rig]] = {
        "serial": lambda: SerialRig(tmp_path),
        "streamdeck": lambda: HidRig(VirtualDeck()),
        "twin": TwinRig,
        "xkeys": lambda: HidRig(VirtualXkeys(XK_24)),
    }
    async with rigs[request.param]() as rig:
        yield rig


def panels(rig: Rig) -> list[PanelId]:
    return [one.info.panel for one in rig.events if isinstance(one, PanelAttached)]


async def attached(rig: Rig) -> PanelId:
    """Plug the panel in and wait until it is ready."""
    count = len(panels(rig))
    await rig.plug()
    await eventually(lambda: len(panels(rig)) > count, "the panel is attached")
    return panels(rig)[-1]


async def seen(rig: Rig, lit: dict[int, Color]) -> None:
    await eventually(lambda: rig.lit() == lit, f"these are lit: {lit}")


async def test_a_panel_says_what_it_is(rig: Rig) -> None:
    await attached(rig)
    (told,) = [one.info for one in rig.events if isinstance(one, PanelAttached)]
    assert told.keys >= KEYS
    assert told.colors >= {Color.OFF, Color.RED, Color.BLUE}
    assert told.name


async def test_nothing_is_lit_until_something_is_shown(rig: Rig) -> None:
    await attached(rig)
    await seen(rig, {})


async def test_faces_are_shown_where_they_belong_and_others_stay(rig: Rig) -> None:
    panel = await attached(rig)
    rig.bus.show(panel, {0: BLUE, 14: RED})
    await seen(rig, {0: Color.BLUE, 14: Color.RED})
    rig.bus.show(panel, {3: RED, 0: None})
    await seen(rig, {3: Color.RED, 14: Color.RED})


async def test_all_keys_are_shown_at_once(rig: Rig) -> None:
    panel = await attached(rig)
    rig.bus.show(panel, dict.fromkeys(range(KEYS), BLUE))
    await seen(rig, dict.fromkeys(range(KEYS), Color.BLUE))


async def test_of_many_changes_the_newest_stays(rig: Rig) -> None:
    panel = await attached(rig)
    for number in range(1001):
        rig.bus.show(panel, {5: RED if number % 2 else BLUE, 6: face(Color.RED, str(number))})
    rig.bus.show(panel, {6: None})
    await seen(rig, {5: Color.BLUE})


async def test_unknown_panels_and_keys_are_ignored(rig: Rig) -> None:
    rig.bus.show(NOBODY, {0: RED})
    panel = await attached(rig)
    rig.bus.show(NOBODY, {0: RED})
    rig.bus.show(panel, {-1: RED, 24: RED, 255: RED, 4: BLUE})
    await seen(rig, {4: Color.BLUE})


async def test_keys_are_told_in_order(rig: Rig) -> None:
    await attached(rig)
    wanted = [(2, True), (7, True), (2, False), (7, False)]
    for key, down in wanted:
        rig.move(key, down=down)
    await eventually(lambda: len(keys_of(rig)) == len(wanted), "all keys are told")
    assert keys_of(rig) == wanted


def keys_of(rig: Rig) -> list[tuple[int, bool]]:
    return [(one.key, one.down) for one in rig.events if isinstance(one, PanelKey)]


async def test_a_panel_that_is_pulled_is_lost_and_comes_back_as_the_same_one(rig: Rig) -> None:
    panel = await attached(rig)
    rig.bus.show(panel, {0: RED})
    await seen(rig, {0: Color.RED})
    await rig.pull()
    await eventually(lambda: any(isinstance(e, PanelLost) for e in rig.events), "it is lost")
    rig.bus.show(panel, {1: RED})  # too late: harmless
    assert await attached(rig) == panel
    await seen(rig, {})
    rig.bus.show(panel, {1: BLUE})
    await seen(rig, {1: Color.BLUE})


async def test_leaving_shows_unknown_and_is_no_loss(rig: Rig) -> None:
    panel = await attached(rig)
    rig.bus.show(panel, {0: RED, 1: RED})
    await seen(rig, {0: Color.RED, 1: Color.RED})
    await rig.bus.__aexit__()
    await eventually(
        lambda: set(rig.lit().values()) <= {Color.DARK_BLUE, Color.BLUE}, "unknown lamps"
    )
    assert not any(isinstance(one, PanelLost) for one in rig.events)
    rig.bus.show(panel, {0: RED})
