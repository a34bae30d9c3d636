"""Where the sound cards of the kernel are plugged in. Reads sysfs, opens no device.

A headset's keys and its sound are interfaces of one USB device, so both have the same port, and the
port stays the same when cards are numbered anew.

Source: Documentation/ABI/testing/sysfs-bus-usb: devices are named by their port (``1-2.3``), the
root hubs ``usb1``, interfaces by port, configuration and number (``1-2.3:1.0``).
"""

import re
from pathlib import Path

CARDS = Path("/sys/class/sound")
USB_DEVICE = re.compile(r"\d+-\d+(\.\d+)*")


def usb_port(path: str) -> str:
    """Return the USB port in a path of sysfs, the innermost one; empty when there is none."""
    parts = [part for part in path.split("/") if USB_DEVICE.fullmatch(part)]
    return parts[-1] if parts else ""


def port_of_card(card: str, cards: Path = CARDS) -> str:
    """Return the USB port of a sound card, empty when it is on another bus or not there.

    Args:
        card: number (``1``) or name (``Headset``), as the kernel gave it.
        cards: where sysfs shows them, for tests.
    """
    try:
        found = (_path(card, cards) / "device").resolve(strict=True)
    except OSError:
        return ""
    return usb_port(str(found))


def _path(card: str, cards: Path) -> Path:
    """Return the folder of a card; that of no card where there is none."""
    if card.isdecimal():
        return cards / f"card{card}"
    for folder in cards.glob("card[0-9]*"):
        if (folder / "id").read_text().strip() == card:
            return folder
    raise FileNotFoundError(card)
