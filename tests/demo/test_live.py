"""The demo as a person uses it: in a terminal, with keys."""

import re
import signal
from pathlib import Path

import pytest

from tests.demo.screen import Demo

pytestmark = [pytest.mark.sip, pytest.mark.needs("mosquitto")]

RINGS = "It rings: press space to answer."
TALKS = "You are talking"
COLOURS = re.compile(r"\x1b\[[0-9;]*(?:3[0-7]|9[0-7])m")


def assert_as_before(demo: Demo) -> None:
    """The terminal is what it was before the demo."""
    assert not demo.screen.on_other
    assert demo.screen.cursor_shown
    assert demo.modes() == demo.before


def test_space_answers_the_call_both_hear_each_other_and_q_gives_the_terminal_back(
    tmp_path: Path,
) -> None:
    with Demo(env={"TMPDIR": str(tmp_path)}) as demo:
        demo.until_shows(RINGS, "● ring", "← INVITE from 100", "hears it ringing")
        demo.press(" ")
        text = demo.until(lambda text: text.count("-12 dBFS") == 2 and "calls: connected" in text)
        for words in ("you press hook", "KEY     hook up", "INTENT  answer", "● off-hook", TALKS):
            assert words in text
        demo.press("q")
        assert demo.end() == 0
        assert_as_before(demo)
    assert list(tmp_path.iterdir()) == []


def test_mute_hold_and_hang_up_by_the_keys_of_the_headset() -> None:
    with Demo(lines=46) as demo:
        demo.until_shows(RINGS)
        demo.press("\r")
        demo.until_shows(TALKS, "calls: connected")
        demo.press("m")
        demo.until(lambda text: "● mute" in text and "▯  " in text and "✕ muted" in text)
        demo.press("f")
        demo.until_shows("● hold", "On hold", "is on hold")
        demo.press("f")
        demo.until_shows("Muted: the caller hears silence", "both ways agreed", "connected 0:01")
        demo.press(" ")
        demo.until_shows("Nothing rings", "sees the call end")


def test_a_rejected_caller_sees_busy_and_calls_again_when_told() -> None:
    with Demo() as demo:
        demo.until_shows(RINGS)
        demo.press("r")
        demo.until_shows("→ 486 Busy Here", "Nothing rings", "sees the call end, 486")
        demo.press("c")
        demo.until_shows(RINGS)
        demo.press("x")
        demo.until_shows("the caller hangs up", "Nothing rings")
        demo.press("d")
        demo.until_shows("you dial the caller", TALKS)


def test_a_headset_pulled_in_the_call_shows_it_again_when_it_is_back() -> None:
    with Demo() as demo:
        demo.until_shows(RINGS)
        demo.press(" ")
        demo.until_shows(TALKS, "● off-hook")
        demo.press("u")
        demo.until_shows("The headset is unplugged", "gone: ", "○ off-hook")
        demo.press("u")
        demo.until_shows(TALKS, "● off-hook", "plugged in: Jabra EVOLVE LINK MS")


def test_a_press_nobody_answers_is_taken_back_by_the_headset() -> None:
    with Demo() as demo:
        demo.until_shows(RINGS)
        demo.press("r")
        demo.until_shows("Nothing rings")
        demo.press(" ")
        demo.until_shows("no meaning while idle", "an unanswered press")


def test_the_window_may_change_its_size() -> None:
    with Demo() as demo:
        demo.until_shows(RINGS)
        demo.resize(30, 10)
        demo.until_shows("make the window at least")
        demo.resize(78, 24)
        text = demo.until_shows(RINGS, "♪", "quit")
        assert max(len(line) for line in text.splitlines()) <= 78
        demo.resize(60, 24)
        demo.until(lambda text: RINGS in text and "♪" not in text and "● ring" in text)


@pytest.mark.parametrize("how", ["ctrl-c", "sigterm", "sigint"])
def test_every_way_to_end_it_gives_the_terminal_back(how: str) -> None:
    with Demo() as demo:
        demo.until_shows(RINGS)
        match how:
            case "ctrl-c":
                demo.press("\x03")
            case "sigterm":
                demo.process.send_signal(signal.SIGTERM)
            case _:
                demo.process.send_signal(signal.SIGINT)
        assert demo.end() == 0
        assert_as_before(demo)


def test_no_color_is_respected_and_nothing_is_lost_by_it() -> None:
    with Demo(env={"NO_COLOR": "1"}) as demo:
        demo.until_shows(RINGS, "● ring", "○ off-hook")
        assert not COLOURS.search(demo.raw)


def test_with_colours_there_are_some() -> None:
    with Demo() as demo:
        demo.until_shows(RINGS)
        assert COLOURS.search(demo.raw)


def test_a_terminal_that_knows_ascii_only_gets_ascii_only() -> None:
    with Demo(env={"PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii:replace"}) as demo:
        demo.until_shows(RINGS, "* ring", "o off-hook")
        assert demo.raw.isascii()


def test_arrows_and_unknown_keys_do_nothing() -> None:
    with Demo() as demo:
        demo.until_shows(RINGS)
        demo.press("\x1b[A")
        demo.press("z")
        demo.press(" ")
        demo.until_shows(TALKS)
