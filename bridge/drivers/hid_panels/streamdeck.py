"""Elgato Stream Decks, by the ``streamdeck`` library: found by their ids, opened, named."""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from bridge.drivers.ports import HidHandle, HidNode, Now
from bridge.model.blf import Color, PanelId, PanelInfo
from bridge.model.errors import TransportError
from bridge.profiles.hid_panels import ELGATO, STREAM_DECKS

if TYPE_CHECKING:
    from bridge.drivers.hid_panels.deck import Deck, DeckSession
    from bridge.drivers.hid_panels.transport import HidTransport

INSTALL = (
    "the Python packages streamdeck and Pillow are missing: pip install 'offhook[streamdeck]', "
    "or set panels.streamdeck to false"
)
_OTHER = re.compile(r"[^a-z0-9]+")


def is_installed() -> bool:
    """Say whether the extra ``streamdeck`` is there."""
    try:
        import PIL  # noqa: F401, PLC0415  # an extra
        import StreamDeck  # noqa: F401, PLC0415
    except ImportError:
        return False
    return True


def fits(node: HidNode) -> bool:
    """Say whether a device is a Stream Deck."""
    return node.vendor_id == ELGATO and node.product_id in STREAM_DECKS


def opened(
    node: HidNode,
    handle: HidHandle,
    pressed: Callable[[int, bool], None],
    gone: Callable[[], None],
    brightness: int,
    now: Now,
) -> "tuple[DeckSession, PanelInfo]":
    """Begin with a deck and black its keys; on a thread.

    Args:
        node: of the deck.
        handle: open; owned by the session from now on.
        pressed: told of keys, on the session's reading thread.
        gone: told when the deck has left, there too.
        brightness: 0..100 per cent.
        now: monotonic seconds.

    Raises:
        TransportError: it cannot be used, with the way out.
    """
    from StreamDeck.Transport.Transport import TransportError as DeckError  # noqa: PLC0415

    from bridge.drivers.hid_panels import deck as decks  # noqa: PLC0415  # an extra

    device, deck = _on(node, handle, gone)
    session = decks.DeckSession(deck, device, now)
    try:
        deck.set_poll_frequency(decks.READ_HZ)
        deck.open()
        info = _info(deck, node)
        session.start(brightness, pressed)
    except DeckError as error:
        session.leave(is_gone=True)
        raise _no_deck(node, error) from error
    return session, info


def put_out(node: HidNode, handle: HidHandle) -> None:
    """Let a deck show its maker's picture, as one does that nobody uses; on a thread.

    Args:
        node: of the deck.
        handle: open; closed in the end.

    Raises:
        TransportError: it cannot be used, with the way out.
    """
    from StreamDeck.Transport.Transport import TransportError as DeckError  # noqa: PLC0415  # an extra

    device, deck = _on(node, handle, lambda: None)
    try:
        deck.open()  # ends a picture that was sent in part
        deck.reset()
    except DeckError as error:
        raise _no_deck(node, error) from error
    finally:
        deck.close()
        device.shut(deck.read_thread)


def _on(node: HidNode, handle: HidHandle, gone: Callable[[], None]) -> "tuple[HidTransport, Deck]":
    """Return the library's deck on a handle.

    Raises:
        TransportError: the library does not know it; the handle is closed.
    """
    from bridge.drivers.hid_panels.transport import HidTransport, deck_on  # noqa: PLC0415

    device = HidTransport(node, handle, gone)
    deck = cast("Deck | None", deck_on(device))
    if deck is None:
        device.shut(None)
        reason = f"the streamdeck library does not know product {node.product_id:04x}: update it"
        raise TransportError(reason)
    return device, deck


def _no_deck(node: HidNode, error: Exception) -> TransportError:
    return TransportError(f"{node.node} does not answer as a Stream Deck: {error}")


def _info(deck: "Deck", node: HidNode) -> PanelInfo:
    """Return what is known of a deck."""
    serial = deck.get_serial_number() or node.serial or node.port or node.node
    name = _OTHER.sub("-", serial.lower()).strip("-")[-32:]
    return PanelInfo(
        panel=PanelId(f"streamdeck-{name}"),
        name=deck.deck_type(),
        firmware=deck.get_firmware_version(),
        keys=deck.key_count(),
        colors=frozenset(Color) if deck.is_visual() else frozenset({Color.OFF}),
        has_pictures=deck.is_visual(),
    )
