"""Editing the list: nothing is lost, two never share a position."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.blf.favourites import Edits, FavouriteError, edited, merged
from bridge.blf.pages import PAGE_KEY, Layout, page_face
from bridge.model.blf import Favourite, KeyFace, KeyType, Lamp
from bridge.model.favourites import (
    EditFavourites,
    MoveFavourite,
    PutFavourite,
    RemoveFavourite,
    ResetFavourites,
    flaws,
)
from tests.blf.words import key

BASE = (key(1, target="201"), key(2, target="202"), key(4, target="204"))


def after(*wishes: EditFavourites, base: tuple[Favourite, ...] = BASE) -> dict[int, str]:
    """Targets by position after some edits."""
    edits: Edits = {}
    for wish in wishes:
        edits = edited(base, edits, wish)
    return {one.position: one.target for one in merged(base, edits)}


def test_a_new_favourite_takes_the_first_free_position() -> None:
    assert after(PutFavourite(key(0, target="203"))) == {1: "201", 2: "202", 3: "203", 4: "204"}


def test_a_taken_position_is_refused_with_the_way_out() -> None:
    with pytest.raises(FavouriteError, match=r"position 2 holds 'Anna'.*first free one is 3"):
        after(PutFavourite(key(2, target="209")))


def test_a_favourite_replaces_another_when_that_is_wanted() -> None:
    assert after(PutFavourite(key(2, target="209"), replace=True))[2] == "209"


def test_moving_to_a_free_position_leaves_a_gap() -> None:
    assert after(MoveFavourite(1, 7)) == {2: "202", 4: "204", 7: "201"}


def test_moving_onto_another_swaps_the_two() -> None:
    assert after(MoveFavourite(1, 4)) == {1: "204", 2: "202", 4: "201"}


def test_moving_nowhere_changes_nothing() -> None:
    assert edited(BASE, {}, MoveFavourite(1, 1)) == {}


@pytest.mark.parametrize(
    "wish",
    [RemoveFavourite(3), MoveFavourite(3, 5), MoveFavourite(1, 1000), ResetFavourites(1)],
)
def test_what_is_not_there_is_told(wish: EditFavourites) -> None:
    with pytest.raises(FavouriteError, match=r"position"):
        after(wish)


def test_the_configuration_shows_wherever_nobody_edited() -> None:
    edits = edited(BASE, {}, MoveFavourite(1, 7))
    changed = (key(2, target="302"), key(3, target="303"))
    assert [one.target for one in merged(changed, edits)] == ["302", "303", "201"]


def test_what_was_removed_comes_back_with_a_reset() -> None:
    assert 1 not in after(RemoveFavourite(1))
    assert after(RemoveFavourite(1), ResetFavourites(1)) == after()
    assert after(RemoveFavourite(1), MoveFavourite(2, 1), ResetFavourites()) == after()


def test_an_edit_that_says_what_the_configuration_says_is_none() -> None:
    edits = edited(BASE, {}, PutFavourite(key(2, target="209"), replace=True))
    assert edited(BASE, edits, PutFavourite(key(2, target="202"), replace=True)) == {}


@pytest.mark.parametrize(
    ("favourite", "field"),
    [
        (key(1000), "position"),
        (Favourite(1, "", KeyType.BLF, "202"), "name"),
        (Favourite(1, "Anna\n", KeyType.BLF, "202"), "name"),
        (key(1, KeyType.BLF, ""), "target"),
        (key(1, KeyType.BLF, "Anna Müller"), "target"),
        (key(1, KeyType.SPEED_DIAL, ""), "target"),
        (key(1, KeyType.FEATURE_CODE, "*8 0"), "target"),
        (key(1, KeyType.FORWARDING, "10"), "target"),
        (key(1, KeyType.DND, "202"), "target"),
        (key(1, KeyType.PRESENCE, "asleep"), "target"),
        (key(1, KeyType.LINE, "My Line"), "target"),
        (key(1, subject="a b"), "subject"),
        (key(1, long_press="\x07"), "long_press"),
    ],
)
def test_a_favourite_that_cannot_work_is_refused(favourite: Favourite, field: str) -> None:
    assert [flaw.field for flaw in flaws(favourite)] == [field]
    with pytest.raises(FavouriteError, match=field):
        edited((), {}, PutFavourite(favourite))


# -- panels -------------------------------------------------------------------

LAYOUTS = st.builds(Layout, st.integers(1, 256), st.integers(0, 999))


@given(LAYOUTS)
def test_every_favourite_has_one_key_and_every_key_one_meaning(layout: Layout) -> None:
    found = [
        (page, number, position)
        for page in range(layout.pages)
        for number in range(layout.keys)
        if (position := layout.position(page, number)) not in (None, PAGE_KEY)
    ]
    shown = [position for _, _, position in found]
    assert shown == sorted(set(shown), key=lambda one: one or 0)
    wanted = layout.last if layout.keys > 1 or layout.last <= 1 else 1
    assert len(shown) == wanted, "a panel of one key shows the first"
    for page, number, position in found:
        assert position is not None
        assert layout.place(position) == (page, number)
    turns = [n for n in range(layout.keys) if layout.position(0, n) == PAGE_KEY]
    assert turns == ([layout.keys - 1] if layout.pages > 1 else [])


def test_who_has_fewer_keys_than_favourites_is_told_once_in_a_sentence() -> None:
    assert Layout(15, 15).complaint("deck") == ""
    expected = "deck has 15 keys for positions 1 to 40: its last key turns 3 pages"
    assert Layout(15, 40).complaint("deck") == expected
    assert (
        Layout(1, 2).complaint("deck") == "deck has 1 key for positions 1 to 2: it shows the first"
    )


def test_the_page_key_says_that_it_rings_on_another_page() -> None:
    layout = Layout(3, 4)
    faces = [KeyFace(place, "", "ringing" if place == 4 else "free", Lamp()) for place in (1, 4)]
    assert page_face(layout, 0, faces).state == "ringing"
    assert page_face(layout, 1, faces).state == "plain"
    assert page_face(layout, 1, faces).label == "2/2"


@pytest.mark.parametrize(
    ("positions", "turned"),
    [
        ([1, 2, 3, 4, 5, 6], [1, 2, 0, 1]),
        ([1, 99], [49, 0, 49]),  # nobody turns 47 empty pages
        ([1, 2], [0]),
        ([], [0]),
    ],
)
def test_pages_without_a_favourite_are_not_turned_to(
    positions: list[int], turned: list[int]
) -> None:
    layout = Layout(3, max(positions, default=0))
    page, seen = 0, []
    for _ in turned:
        page = layout.after(page, positions)
        seen.append(page)
    assert seen == turned
