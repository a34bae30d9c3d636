"""Meetings of a room: what runs, what may be joined, when the room is busy."""

import pytest

from bridge.features.meetings import (
    busy_until_ms,
    coming,
    digits_for,
    next_look_ms,
    shown_title,
    ways_in,
    why_not_join,
)
from bridge.model.meetings import Booking, DialIn, MeetingSettings

MINUTE = 60_000
EARLY_S = 900.0


def at(start: int, end: int, *ways: DialIn, busy: bool = True) -> Booking:
    """A meeting from one minute to another."""
    return Booking(f"{start}", "Budget", start * MINUTE, end * MINUTE, ways, busy)


def test_what_is_over_is_gone_and_the_rest_comes_by_start() -> None:
    late, early, over = at(90, 120), at(30, 60), at(0, 30)
    assert coming([late, over, early], 30 * MINUTE) == (early, late)


@pytest.mark.parametrize(
    ("minute", "expected"),
    [
        (45, True),
        (44, False),
        (60, True),
        (89, True),
        (90, False),
        (1500, False),
    ],
)
def test_a_meeting_is_joined_shortly_before_its_start_until_its_end(
    minute: int, expected: bool
) -> None:
    meeting = at(60, 90, DialIn("+4969555", "1#"))
    assert (why_not_join(meeting, minute * MINUTE, EARLY_S) == "") is expected


def test_a_meeting_without_a_number_says_so() -> None:
    assert "names no number" in why_not_join(at(60, 90), 70 * MINUTE, EARLY_S)


@pytest.mark.parametrize(
    ("meetings", "until"),
    [
        ([], 0),
        ([at(60, 90)], 90),
        ([at(60, 90), at(90, 120), at(121, 150)], 120),
        ([at(60, 200), at(70, 80)], 200),
        ([at(60, 90, busy=False)], 0),
        ([at(71, 90)], 0),
        ([at(60, 70)], 0),
    ],
)
def test_the_room_is_busy_until_the_first_gap(meetings: list[Booking], until: int) -> None:
    assert busy_until_ms(meetings, 70 * MINUTE) == until * MINUTE


def test_the_next_look_is_when_something_changes() -> None:
    meetings = [at(60, 90), at(100, 120)]
    moments = [next_look_ms(meetings, m * MINUTE, EARLY_S) // MINUTE for m in (0, 45, 60, 86, 121)]
    assert moments == [45, 60, 85, 90, 0]


def test_numbers_of_the_own_country_come_first_and_no_other_than_plain_ones() -> None:
    ways = [DialIn(n) for n in ("+1646555", "112", "+4969555", "+4930555", "+33155")]
    found = ways_in(at(60, 90, *ways), "49", lambda number: number != "112")
    assert [way.number for way in found] == ["+4969555", "+4930555", "+1646555"]


@pytest.mark.parametrize(
    ("digits", "pressed"),
    [
        ("111#", "111#,,42#"),
        (",111#,,,,*99#", ",111#,,42#,,,,*99#"),
        ("", "42#"),
    ],
)
def test_the_participant_is_pressed_behind_the_meeting(digits: str, pressed: str) -> None:
    assert digits_for(DialIn("+4969555", digits), "42") == pressed
    assert digits_for(DialIn("+4969555", digits), "") == digits


def test_titles_are_shown_only_where_that_is_wanted() -> None:
    assert shown_title(at(60, 90), MeetingSettings()) == "Meeting"
    assert shown_title(at(60, 90), MeetingSettings(shows_titles=True)) == "Budget"
