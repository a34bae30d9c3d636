"""The keys about key panels with busy lamps. Part of ``schema``."""

from typing import Annotated, Literal

from pydantic import Field

from bridge.config.section import FilePath, Section

Baud = Literal[9600, 19200, 38400, 57600, 115200, 230400, 460800, 921600]


class Panels(Section):
    """Key panels with busy lamps: serial ones, Elgato Stream Deck, X-keys."""

    serial: list[FilePath] = Field(
        default_factory=list,
        max_length=8,
        description="Serial ports with a panel, such as `/dev/serial/by-id/usb-…` or "
        "`/dev/ttyUSB0`. They are opened and asked, whatever is attached: name no other device.",
    )
    baud: Baud = Field(
        default=115200,
        description="Bits per second on the ports of `serial` (9600 to 921600, as the panel has "
        "it); USB panels ignore it.",
    )
    find_serial: bool = Field(
        default=True,
        description="Also use USB serial ports whose product string begins with `Offhook panel`; "
        "no other port is ever opened.",
    )
    streamdeck: bool = Field(
        default=False,
        description="`true`: Elgato Stream Decks are used. Only one program can have them, so "
        "they are left alone unless you say so. Needs `pip install 'offhook[streamdeck]'`, and for "
        "names beyond A to Z a font (Debian: fonts-dejavu-core).",
    )
    xkeys: bool = Field(
        default=False,
        description="`true`: X-keys of P.I. Engineering are used.",
    )
    brightness: Annotated[int, Field(ge=0, le=100)] = Field(
        default=60, description="Per cent, of Stream Decks and X-keys."
    )
