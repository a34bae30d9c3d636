"""Sessions of the page: how they begin, what outlives a restart, when they end."""

import hashlib
import itertools

import pytest

from bridge.kiosk.sessions import (
    DESK_S,
    LAUNCH_S,
    MOST_ROOMS,
    MOST_SESSIONS,
    REMOTE_S,
    Session,
    Sessions,
    proof_of,
)
from bridge.model.page import PageToken, Role, Screen

TOKEN = "T" * 43
ANNA = PageToken("anna", Role.USER, hashlib.sha256(TOKEN.encode()).digest())
UNIX_MS = 1_800_000_000_000


def sessions(*tokens: PageToken) -> Sessions:
    numbers = itertools.count()
    return Sessions(tokens, lambda: f"{next(numbers):043}")


def begun(at: Sessions, screen: Screen, now_s: float = 0.0) -> str:
    cookie = at.begin_here(at.launch(screen, now_s), now_s)
    assert cookie is not None
    return cookie


def of(at: Sessions, cookie: str, now_s: float = 0.0) -> Session:
    session = at.find(cookie, now_s)
    assert session is not None
    return session


def test_a_launch_word_works_once() -> None:
    at = sessions()
    word = at.launch(Screen.DESK, 0.0)
    assert at.begin_here(word, 1.0) is not None
    assert at.begin_here(word, 1.0) is None


def test_a_launch_word_is_worth_nothing_after_a_minute() -> None:
    at = sessions()
    assert at.begin_here(at.launch(Screen.DESK, 0.0), LAUNCH_S) is None


@pytest.mark.parametrize("word", ["", "x", "é" * 43, "0" * 43])
def test_no_other_word_begins_a_session(word: str) -> None:
    at = sessions(ANNA)
    at.launch(Screen.DESK, 0.0)
    assert at.begin_here(word + "x", 0.0) is None
    assert at.begin_with(word, 0.0) is None
    assert at.find(word, 0.0) is None


def test_the_owner_of_the_daemon_is_its_administrator_and_a_room_is_not() -> None:
    at = sessions()
    assert of(at, begun(at, Screen.DESK)).role is Role.ADMINISTRATOR
    assert of(at, begun(at, Screen.KIOSK)).role is Role.USER


def test_a_token_has_the_role_of_the_configuration_for_a_working_day() -> None:
    at = sessions(ANNA)
    cookie = at.begin_with(TOKEN, 0.0)
    assert cookie is not None
    assert (of(at, cookie).name, of(at, cookie).role) == ("anna", Role.USER)
    assert at.find(cookie, REMOTE_S) is None


def test_a_desk_stays_logged_in_while_it_is_used() -> None:
    at = sessions()
    cookie = begun(at, Screen.DESK)
    assert at.find(cookie, DESK_S - 1) is not None
    assert at.find(cookie, 2 * DESK_S - 2) is not None
    assert at.find(cookie, 3 * DESK_S) is None


def test_the_screen_of_a_room_never_ends_and_logging_off_makes_it_new() -> None:
    at = sessions()
    cookie = begun(at, Screen.KIOSK)
    raised = at.raise_(of(at, cookie, 1e9), 2e9)
    assert raised.is_raised(1e9)
    left = at.end(raised)
    assert left is not None
    assert not of(at, cookie, 1e9).is_raised(1e9)


def test_logging_off_ends_every_other_session() -> None:
    at = sessions()
    cookie = begun(at, Screen.DESK)
    assert at.end(of(at, cookie)) is None
    assert at.find(cookie, 0.0) is None


def test_too_many_sessions_push_out_the_least_used_and_never_a_room() -> None:
    at = sessions()
    room, first = begun(at, Screen.KIOSK), begun(at, Screen.DESK)
    others = [begun(at, Screen.DESK) for _ in range(MOST_SESSIONS)]
    assert at.find(room, 0.0) is not None
    assert at.find(first, 0.0) is None
    assert at.find(others[-1], 0.0) is not None


def test_a_browser_that_is_started_again_and_again_leaves_room_for_others() -> None:
    at = sessions()
    screens = [begun(at, Screen.KIOSK) for _ in range(100)]
    desk = begun(at, Screen.DESK)
    left = [cookie for cookie in screens if at.find(cookie, 0.0) is not None]
    assert left == screens[-MOST_ROOMS:]
    assert at.find(desk, 0.0) is not None


def test_sessions_outlive_a_restart_and_no_cookie_is_kept() -> None:
    at = sessions(ANNA)
    room, desk = begun(at, Screen.KIOSK, 5.0), begun(at, Screen.DESK, 5.0)
    remote = at.begin_with(TOKEN, 5.0)
    assert remote is not None
    kept = at.kept(10.0, UNIX_MS)
    assert not any(cookie in repr(kept) for cookie in (room, desk, remote))
    again = sessions(ANNA)
    again.restore(kept, 1000.0, UNIX_MS + 60_000)
    assert [of(again, c, 1000.0).screen for c in (room, desk, remote)] == [
        Screen.KIOSK,
        Screen.DESK,
        Screen.REMOTE,
    ]
    assert again.find(remote, 1000.0 + REMOTE_S - 50.0) is None


def test_a_token_taken_out_of_the_configuration_has_no_session_after_the_restart() -> None:
    at = sessions(ANNA)
    cookie = at.begin_with(TOKEN, 0.0)
    assert cookie is not None
    again = sessions()
    again.restore(at.kept(0.0, UNIX_MS), 0.0, UNIX_MS)
    assert again.find(cookie, 0.0) is None


def test_a_clock_that_was_not_set_makes_no_session_longer() -> None:
    at = sessions(ANNA)
    cookie = at.begin_with(TOKEN, 0.0)
    assert cookie is not None
    again = sessions(ANNA)
    again.restore(at.kept(0.0, UNIX_MS), 0.0, 1000)  # it says 1970
    assert again.find(cookie, REMOTE_S) is None


def test_the_proof_is_not_the_cookie_and_the_same_for_it() -> None:
    assert proof_of("a") == proof_of("a") != proof_of("b")
    assert "a" * 43 not in proof_of("a" * 43)
