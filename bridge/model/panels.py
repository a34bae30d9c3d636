"""How the user wants key panels to be found and used."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PanelSettings:
    """Which panels are used.

    Args:
        serial: paths of serial ports with a panel, opened whatever they call themselves.
        baud: bits per second on them; USB serial ports ignore it.
        finds_serial: USB serial ports whose product string says that they are ours are used, too.
        streamdeck: Elgato Stream Decks are used.
        xkeys: X-keys are used.
        brightness: of Stream Decks and X-keys, 0..100 per cent.
    """

    serial: tuple[str, ...] = ()
    baud: int = 115200
    finds_serial: bool = True
    streamdeck: bool = False
    xkeys: bool = False
    brightness: int = 60
