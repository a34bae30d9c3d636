"""Panels that nobody drives any more, lit as a killed daemon left them, are put out."""

from bridge.drivers.hid_panels.dark import PutOut, put_out
from bridge.drivers.ports import HidHandle, HidNode
from bridge.drivers.virtual.deck import VirtualDeck
from bridge.drivers.virtual.xkeys_panel import VirtualXkeys
from bridge.model.blf import Color
from bridge.model.errors import PermissionMissing
from bridge.model.panels import PanelSettings
from bridge.profiles.hid_panels import XKEYS_BY_PRODUCT
from bridge.protocols.xkeys import light

BOTH = PanelSettings(streamdeck=True, xkeys=True)
XK_80 = XKEYS_BY_PRODUCT[1089]
DECK_AT, XKEYS_AT = "/virtual/hidraw1", "/virtual/hidraw2"


class Desk:
    """A deck and an X-keys panel with a lamp each, and a picture that was cut off."""

    def __init__(self) -> None:
        self.deck, self.xkeys = VirtualDeck(), VirtualXkeys(XK_80)
        self.nodes = [self.deck.node(DECK_AT), self.xkeys.node(XKEYS_AT)]
        self.opened: list[str] = []
        self.deck.handle.write(_picture(key=0, is_last=True))
        self.deck.handle.write(_picture(key=1, is_last=False))
        for report in light(XK_80, 79, Color.RED):
            self.xkeys.handle.write(report)
        assert self.is_lit == (True, True)

    @property
    def is_lit(self) -> tuple[bool, bool]:
        return bool(self.deck.jpegs), bool(self.xkeys.lit())

    def open(self, node: HidNode) -> HidHandle:
        self.opened.append(node.node)
        return self.deck.handle if node.node == DECK_AT else self.xkeys.handle


def _picture(key: int, *, is_last: bool) -> bytes:
    return bytes([2, 7, key, is_last, 4, 0, 0, 0]).ljust(1024, b"\xff")


def test_what_was_left_lit_is_dark() -> None:
    desk = Desk()
    done = list(put_out(BOTH, desk.nodes, desk.open))
    assert done == [PutOut(DECK_AT, "Stream Deck"), PutOut(XKEYS_AT, "XK-80")]
    assert desk.is_lit == (False, False)


def test_panels_that_are_not_ours_are_not_opened() -> None:
    desk = Desk()
    assert list(put_out(PanelSettings(), desk.nodes, desk.open)) == []
    assert desk.opened == []
    assert desk.is_lit == (True, True)


def test_one_that_cannot_be_used_keeps_no_other_lit() -> None:
    desk = Desk()

    def opened(node: HidNode) -> HidHandle:
        if node.node == XKEYS_AT:
            raise PermissionMissing(f"no access to {node.node}: do this")
        desk.deck.unplug()
        return desk.open(node)

    deck, xkeys = put_out(BOTH, desk.nodes, opened)
    assert deck.fault.startswith(f"{DECK_AT} does not answer as a Stream Deck: ")
    assert xkeys.fault == f"no access to {XKEYS_AT}: do this"
