"""Panels put out from outside: what a daemon that was killed left on them vouches for nothing."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from bridge.drivers.hid_panels import streamdeck, xkeys
from bridge.drivers.ports import HidHandle, HidNode
from bridge.model.errors import TransportError
from bridge.model.panels import PanelSettings


@dataclass(frozen=True, slots=True)
class PutOut:
    """One panel.

    Args:
        node: where it is.
        name: what it calls itself.
        fault: why it still shows what it did; empty where it is dark.
    """

    node: str
    name: str
    fault: str = ""


def put_out(
    settings: PanelSettings, nodes: Iterable[HidNode], opened: Callable[[HidNode], HidHandle]
) -> Iterator[PutOut]:
    """Put out every Stream Deck and X-keys panel that is wanted, one after the other; blocks.

    Serial panels are not among them: their own firmware notices that nobody speaks any more.

    Args:
        settings: which panels are ours.
        nodes: what is plugged in.
        opened: opens one of them.
    """
    with_decks = settings.streamdeck and streamdeck.is_installed()
    for node in nodes:
        if with_decks and streamdeck.fits(node):
            out = streamdeck.put_out
        elif settings.xkeys and xkeys.fits(node):
            out = xkeys.put_out
        else:
            continue
        try:
            out(node, opened(node))
        except TransportError as error:
            yield PutOut(node.node, node.name, str(error))
        else:
            yield PutOut(node.node, node.name)
