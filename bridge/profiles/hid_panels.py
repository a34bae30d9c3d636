"""Key panels on HID that Offhook drives: by which ids they are known, and their keys.

Sources: Stream Deck: ProductIDs.py of streamdeck 0.10.0 (MIT). X-keys: products.ts and the
recordings of real panels in SuperFlyTV/xkeys at 3016c1bf (MIT); only models whose keys and lights
are said there without contradiction, see ``bridge/protocols/xkeys.md``.
"""

from dataclasses import dataclass
from enum import Enum

ELGATO = 0x0FD9
STREAM_DECKS = frozenset(
    {
        0x0060,
        0x0063,
        0x006C,
        0x006D,
        0x0080,
        0x0084,
        0x0086,
        0x008F,
        0x0090,
        0x009A,
        0x00A5,
        0x00AA,
        0x00B3,
        0x00B8,
        0x00B9,
        0x00BA,
    }
)

PI_ENGINEERING = 0x05F3


class Lights(Enum):
    """How the lights under the keys are numbered."""

    BANKS = "banks"  # blue by column and row, red after it
    LINE = "line"  # blue in order of the keys, red after it
    STICK = "stick"  # blue only, with gaps


@dataclass(frozen=True, slots=True)
class XkeysModel:
    """One model of X-keys.

    Args:
        name: as its maker says.
        products: USB product ids.
        columns: bytes of key states.
        rows: bits of each that are keys.
        lights: how they are numbered.
        red: number of the first red light.
    """

    name: str
    products: tuple[int, ...]
    columns: int
    rows: int
    lights: Lights
    red: int = 0

    @property
    def keys(self) -> int:
        """How many keys it has."""
        return self.columns * self.rows


XKEYS = (
    XkeysModel("XK-4 Stick", (1127, 1129), 4, 1, Lights.STICK),
    XkeysModel("XK-8 Stick", (1130, 1132), 4, 2, Lights.STICK),
    XkeysModel("XK-16 Stick", (1049, 1051, 1213, 1216), 4, 4, Lights.STICK),
    XkeysModel("XK-24", (1027, 1029), 4, 6, Lights.BANKS, 32),
    XkeysModel("XKE-40", tuple(range(1355, 1362)), 5, 8, Lights.LINE, 40),
    XkeysModel("XK-80", (1089, 1091, 1217, 1220), 10, 8, Lights.BANKS, 80),
    XkeysModel("XKE-128", (1227, 1230), 16, 8, Lights.BANKS, 128),
)

XKEYS_BY_PRODUCT = {product: model for model in XKEYS for product in model.products}
