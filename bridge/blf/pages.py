"""Favourites on the keys of a panel. More favourites than keys: the last key turns pages."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bridge.model.blf import KeyFace, KeyState, Lamp

PAGE_KEY = 0
"""Position that means the key that turns pages: favourites count from 1."""

FEWEST_FOR_PAGES = 2  # a panel of one key cannot give one away


@dataclass(frozen=True, slots=True)
class Layout:
    """How a panel is filled.

    Args:
        keys: how many it has, 1..256.
        last: highest position there is, 0 = no favourites.
    """

    keys: int
    last: int

    @property
    def has_pages(self) -> bool:
        """Whether the last key turns pages."""
        return self.last > self.keys >= FEWEST_FOR_PAGES

    @property
    def room(self) -> int:
        """Favourites on a page."""
        return self.keys - self.has_pages

    @property
    def pages(self) -> int:
        """How many pages there are, 1 or more."""
        return -(-self.last // self.room) if self.has_pages else 1

    def position(self, page: int, key: int) -> int | None:
        """Return what a key stands for: a position, ``PAGE_KEY``, or None for nothing.

        Args:
            page: from 0.
            key: from 0.
        """
        if not 0 <= key < self.keys:
            return None
        if self.has_pages and key == self.keys - 1:
            return PAGE_KEY
        position = page * self.room + key + 1
        return position if position <= self.last else None

    def place(self, position: int) -> tuple[int, int] | None:
        """Return page and key of a position, None where it is not on the panel."""
        page, key = divmod(position - 1, self.room)
        return (page, key) if 0 <= page < self.pages else None

    def after(self, page: int, positions: Iterable[int]) -> int:
        """Return the page that follows one: the next that shows a favourite.

        Args:
            page: from 0.
            positions: of all favourites.
        """
        filled = {place[0] for one in positions if (place := self.place(one)) is not None}
        order = sorted(filled, key=lambda one: (one - page - 1) % self.pages)
        return next(iter(order), 0)

    def complaint(self, name: str) -> str:
        """Return what a user has to know about the size of a panel; empty for nothing."""
        if self.last <= self.keys:
            return ""
        if self.has_pages:
            return (
                f"{name} has {self.keys} keys for positions 1 to {self.last}: its last key turns "
                f"{self.pages} pages"
            )
        return f"{name} has {self.keys} key for positions 1 to {self.last}: it shows the first"


def page_face(layout: Layout, page: int, faces: Sequence[KeyFace]) -> KeyFace:
    """Return the face of the key that turns pages: it says when it rings on another one.

    Args:
        layout: of the panel.
        page: that is shown.
        faces: of all favourites, or of those that call for somebody.
    """
    label = f"{page + 1}/{layout.pages}"
    for face in faces:
        place = layout.place(face.position) if calls(face) else None
        if place is not None and place[0] != page:
            return KeyFace(PAGE_KEY, label, face.state, face.lamp)
    return KeyFace(PAGE_KEY, label, KeyState.PLAIN.value, Lamp(), unknown=Lamp())


def calls(face: KeyFace) -> bool:
    """Return whether a key wants to be seen on whatever page it is."""
    return face.state in _CALLING


_CALLING = frozenset({KeyState.RINGING.value, KeyState.CALLS_ME.value, KeyState.FREE_AGAIN.value})
