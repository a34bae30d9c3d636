"""The list of favourites: what the configuration says, and over it what was edited since.

An edit is kept for its position alone. So a change of the configuration shows at every position
that nobody edited, and nothing anybody entered is lost by the other way of entering it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import assert_never

from bridge.model.blf import Favourite
from bridge.model.errors import BridgeError
from bridge.model.favourites import (
    MOST_POSITION,
    EditFavourites,
    MoveFavourite,
    PutFavourite,
    RemoveFavourite,
    ResetFavourites,
    flaws,
)

Edits = Mapping[int, Favourite | None]
"""What was edited: a favourite, or None where one of the configuration was removed."""


class FavouriteError(BridgeError):
    """An edit that cannot be; the sentence says why and the way out."""


def merged(base: Iterable[Favourite], edits: Edits) -> tuple[Favourite, ...]:
    """Return the list that counts, by position."""
    found: dict[int, Favourite | None] = {one.position: one for one in base}
    found |= edits
    return tuple(one for _, one in sorted(found.items()) if one is not None)


def edited(base: Iterable[Favourite], edits: Edits, wish: EditFavourites) -> Edits:
    """Return the edits after one more.

    Args:
        base: of the configuration.
        edits: so far.
        wish: what is to change.

    Raises:
        FavouriteError: it cannot be; nothing has changed.
    """
    base = tuple(base)
    now = {one.position: one for one in merged(base, edits)}
    match wish:
        case PutFavourite():
            changed = _put(now, wish)
        case RemoveFavourite(position):
            _existing(now, position)
            changed = {position: None}
        case MoveFavourite(position, to):
            changed = _moved(now, position, to)
        case ResetFavourites(position):
            return {} if not position else _without(edits, position)
        case _:
            assert_never(wish)
    return _needed({one.position: one for one in base}, {**edits, **changed})


def _put(now: Mapping[int, Favourite], wish: PutFavourite) -> Edits:
    favourite = wish.favourite
    if favourite.position == 0:
        favourite = replace(favourite, position=_first_free(now))
    for flaw in flaws(favourite):
        found = getattr(favourite, flaw.field)
        raise FavouriteError(f"{flaw.field}: found {found!r:.60}, expected {flaw.expected}")
    there = now.get(favourite.position)
    if there is not None and not wish.replace:
        raise FavouriteError(
            f"position {favourite.position} holds {there.name!r}: remove or move it, take "
            f"another position (the first free one is {_first_free(now)}), or replace it"
        )
    return {favourite.position: favourite}


def _first_free(now: Mapping[int, Favourite]) -> int:
    free = next((p for p in range(1, MOST_POSITION + 1) if p not in now), None)
    if free is None:
        raise FavouriteError(f"all {MOST_POSITION} positions are taken: remove one first")
    return free


def _moved(now: Mapping[int, Favourite], position: int, to: int) -> Edits:
    one = _existing(now, position)
    if not 1 <= to <= MOST_POSITION:
        raise FavouriteError(f"position: found {to}, expected 1 to {MOST_POSITION}")
    other = now.get(to)
    back = None if other is None else replace(other, position=position)
    return {position: back, to: replace(one, position=to)}


def _existing(now: Mapping[int, Favourite], position: int) -> Favourite:
    if position not in now:
        raise FavouriteError(f"position {position} holds no favourite: see `offhook favourites`")
    return now[position]


def _without(edits: Edits, position: int) -> Edits:
    if position not in edits:
        raise FavouriteError(f"position {position} was not edited: there is nothing to reset")
    return {place: one for place, one in edits.items() if place != position}


def _needed(base: Mapping[int, Favourite], edits: Edits) -> Edits:
    """Return the edits without those that say what the configuration says."""
    return {place: one for place, one in edits.items() if base.get(place) != one}
