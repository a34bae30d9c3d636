"""A session with a serial panel: what the person sees and presses, whatever the line does."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.drivers.virtual.panel_firmware import VERSION
from bridge.model.blf import Color, KeyFace, Lamp, Pattern
from bridge.protocols.panel_faces import face_text
from bridge.protocols.panel_frames import Deframer, encode_frame
from bridge.protocols.panel_link import (
    HostLink,
    KeyMoved,
    LinkLost,
    LinkReady,
    LinkRefused,
    Pace,
)
from bridge.protocols.panel_messages import Kind
from tests.protocols.panel_line import GREEN, RED, Line, face, lose


@pytest.fixture
def line() -> Line:
    """A panel whose session has begun."""
    line = Line()
    line.exchange()
    return line


# -- beginning ----------------------------------------------------------------


def test_a_panel_is_ready_at_once_and_dark() -> None:
    line = Line(serial="A1")
    assert set(line.lit().values()) == {Color.DARK_BLUE}  # nobody has told it anything
    line.exchange()
    (ready,) = line.events
    assert isinstance(ready, LinkReady)
    assert (ready.hello.keys, ready.hello.serial) == (8, "A1")
    assert line.lit() == {}


def test_a_panel_that_starts_after_the_host_is_found() -> None:
    line = Line()
    line.to_panel = lose
    line.passes(1.0)
    line.to_panel = lambda data: data
    line.passes(1.0)
    assert isinstance(line.events[0], LinkReady)


@pytest.mark.parametrize("keys", [1, 128, 256])
def test_all_lamps_of_a_panel_are_set_at_once(keys: int) -> None:
    line = Line(keys=keys)
    line.exchange()
    line.host.show(dict.fromkeys(range(keys), RED))
    line.exchange()
    assert line.lit() == dict.fromkeys(range(keys), Color.RED)
    assert line.host.is_settled


@pytest.mark.parametrize(
    ("speaks", "said"),
    [
        (
            (2, 3),
            "Desk 8 speaks version 2 to 3 of the protocol, Offhook 1: update Offhook",
        ),
        (
            (0, 0),
            "Desk 8 speaks version 0 of the protocol, Offhook 1: update the firmware of the panel",
        ),
    ],
)
def test_a_panel_of_another_protocol_is_refused_in_one_sentence(
    speaks: tuple[int, int], said: str
) -> None:
    line = Line(model="Desk 8", oldest=speaks[0], newest=speaks[1])
    line.passes(12.0)
    assert line.events == [LinkRefused(said)]
    assert set(line.lit().values()) == {Color.DARK_BLUE}


def test_a_newer_panel_that_still_speaks_ours_is_used() -> None:
    line = Line(oldest=VERSION, newest=9)
    line.exchange()
    assert isinstance(line.events[0], LinkReady)


def test_nobody_there_is_told_once() -> None:
    line = Line()
    line.to_host = lose
    line.passes(20.0)
    assert line.events == [
        LinkRefused("no panel answers, expected a hello within 3 s, found nothing")
    ]


def test_a_device_that_says_other_things_is_told_as_such() -> None:
    line = Line()
    line.to_host = lambda _: b"OK\r\n"
    line.passes(4.0)
    (refused,) = line.events
    assert isinstance(refused, LinkRefused)
    assert "bytes of something else" in refused.reason


def test_a_panel_whose_frames_are_damaged_is_told_why() -> None:
    line = Line()
    line.to_host = lambda data: bytes(one ^ 0x40 if one else one for one in data)
    line.passes(4.0)
    (refused,) = line.events
    assert isinstance(refused, LinkRefused)
    assert line.host.odd
    assert all(reason in refused.reason for reason in line.host.odd)


def test_a_looped_line_is_told_as_such() -> None:
    host = HostLink(0.0, 1)
    for tenth in range(40):
        host.feed(host.outgoing(tenth / 10), tenth / 10)
    (refused,) = host.tick(4.0)
    assert isinstance(refused, LinkRefused)
    assert refused.reason.endswith("found its own question, as from a line that is looped back")


# -- lamps --------------------------------------------------------------------


def test_only_what_changed_is_sent(line: Line) -> None:
    line.host.show({0: GREEN, 1: RED})
    line.exchange()
    line.board.steps.clear()
    line.host.show({0: GREEN, 1: GREEN, 7: None})
    line.exchange()
    assert dict(line.board.steps) == {1: Lamp(Color.GREEN), 7: Lamp()}


def test_lamps_that_change_faster_than_the_line_show_the_newest(line: Line) -> None:
    line.host.show({0: GREEN})
    first = line.host.outgoing(line.at_s)
    for number in range(1000):
        line.host.show({0: RED if number % 2 else GREEN})
    line.panel.receive(first, line.now_ms)
    line.exchange()
    assert [lamp.color for _, lamp in line.board.steps[-2:]] == [Color.GREEN, Color.RED]


def test_keys_there_are_not_are_ignored(line: Line) -> None:
    line.host.show({-1: RED, 8: RED, 500: RED})
    line.exchange()
    assert line.lit() == {}
    assert line.host.is_settled


def test_before_the_hello_nothing_is_kept() -> None:
    line = Line()
    line.host.show({0: RED})
    line.exchange()
    assert line.lit() == {}


@pytest.mark.parametrize(
    ("colors", "wanted", "seen"),
    [
        (0b0000101, Lamp(Color.GREEN), Lamp()),  # red only: free is never shown as busy
        (0b0000101, Lamp(Color.DARK_BLUE), Lamp()),
        (0b0000101, Lamp(Color.AMBER, Pattern.SLOW), Lamp(Color.RED, Pattern.SLOW)),
        (0b1000001, Lamp(Color.RED, Pattern.FAST), Lamp(Color.WHITE, Pattern.FAST)),
        (0b0100001, Lamp(Color.BLUE), Lamp()),  # dark blue means unknown, and blue does not
    ],
)
def test_a_colour_the_panel_lacks_is_not_replaced_by_a_lie(
    colors: int, wanted: Lamp, seen: Lamp
) -> None:
    line = Line(colors=colors)
    line.exchange()
    line.host.show({0: dataclasses.replace(GREEN, lamp=wanted)})
    line.exchange()
    assert line.board.lamps[0] == seen


def test_a_panel_that_only_blinks_one_way_still_calls_for_attention() -> None:
    line = Line(patterns=0b0011)
    line.exchange()
    line.host.show({0: face(Color.RED, Pattern.FAST)})
    line.exchange()
    assert line.board.lamps[0] == Lamp(Color.RED, Pattern.SLOW)


def test_texts_follow_where_the_panel_has_them() -> None:
    line = Line(text_bytes=24, keys=40)
    line.exchange()
    line.host.show({key: face(Color.RED, label=f"Jörg {key}", state="busy") for key in range(40)})
    line.exchange()
    assert line.board.texts[39] == "Jörg 39\nbusy"
    line.host.show({39: None})
    line.exchange()
    assert line.board.texts[39] == ""


@given(st.text("aö漢🙂\n", max_size=80), st.text("aö", max_size=20), st.integers(1, 64))
def test_a_text_fits_and_tears_no_letter(label: str, state: str, most: int) -> None:
    shown = KeyFace(1, label, state, Lamp())
    assert len(face_text(shown, most)) <= most
    face_text(shown, most).decode()


# -- keys ---------------------------------------------------------------------


def test_keys_are_told_in_order_with_their_time(line: Line) -> None:
    line.press(3)
    line.passes(0.2)
    line.press(3, down=False)
    line.exchange()
    moves = [event for event in line.events if isinstance(event, KeyMoved)]
    assert [(m.key, m.down) for m in moves] == [(3, True), (3, False)]
    assert moves[1].at_s - moves[0].at_s == pytest.approx(0.2, abs=0.06)


def test_a_key_whose_acknowledgement_is_lost_is_told_once(line: Line) -> None:
    line.to_panel = lose
    line.press(3)
    line.passes(1.0)
    line.to_panel = lambda data: data
    line.passes(1.0)
    line.press(4)  # the panel has heard of the first by now, and goes on
    line.exchange()
    assert line.keys == [(3, True), (4, True)]


def test_a_press_that_was_long_on_its_way_is_not_told(line: Line) -> None:
    line.to_host = lose
    line.press(3)
    line.passes(1.5)
    line.press(3, down=False)
    line.press(4)
    line.to_host = lambda data: data
    line.passes(0.5)
    assert line.keys == [(4, True)]
    assert line.host.counts["press too old"] == 1


def test_keys_pressed_outside_of_a_session_are_never_told() -> None:
    line = Line()
    line.press(3)
    line.exchange()
    line.passes(1.0)
    assert line.keys == []


def test_more_presses_than_anybody_hears_end_the_session(line: Line) -> None:
    line.to_host = lose
    for number in range(40):
        line.press(number % 8, down=number < 20)
    line.exchange()
    assert set(line.lit().values()) == {Color.DARK_BLUE}


# -- silence ------------------------------------------------------------------


def test_a_panel_shows_unknown_by_itself_when_the_host_is_silent(line: Line) -> None:
    line.host.show({0: GREEN, 1: RED})
    line.exchange()
    line.to_panel = lose
    line.passes(3.2)
    assert set(line.lit().values()) == {Color.DARK_BLUE}
    assert len(line.lit()) == 8


@pytest.mark.parametrize(
    ("colors", "patterns", "unknown"),
    [
        (0b0000111, 0b11111, Lamp(Color.RED, Pattern.DOUBLE)),
        (0b1000001, 0b11111, Lamp(Color.WHITE, Pattern.DOUBLE)),
        (0b0000111, 0b00011, Lamp()),
        (0b0000001, 0b11111, Lamp()),
    ],
)
def test_a_panel_without_dark_blue_shows_unknown_as_it_can(
    colors: int, patterns: int, unknown: Lamp
) -> None:
    line = Line(colors=colors, patterns=patterns)
    line.exchange()
    line.host.show({0: RED})
    line.exchange()
    line.to_panel = lose
    line.passes(3.2)
    assert set(line.board.lamps.values()) == {unknown}


def test_a_quiet_hour_keeps_the_session(line: Line) -> None:
    line.host.show({0: GREEN})
    line.passes(120)
    assert line.lit() == {0: Color.GREEN}
    assert len(line.events) == 1


def test_a_silent_panel_is_told_and_found_again(line: Line) -> None:
    line.to_host = lose
    line.passes(3.5)
    assert line.events[1:] == [LinkLost("it does not answer any more")]
    line.to_host = lambda data: data
    line.passes(2.0)
    assert isinstance(line.events[-1], LinkReady)
    line.host.show({2: RED})
    line.exchange()
    assert line.lit() == {2: Color.RED}


def test_a_panel_that_acknowledges_nothing_is_told(line: Line) -> None:
    line.to_host = lambda data: b"".join(
        encode_frame(frame) for frame in Deframer().feed(data) if frame.kind != Kind.PANEL_ACK
    )
    line.host.show({0: RED})
    line.passes(3.0)
    assert line.events[1:2] == [LinkLost("it acknowledges nothing any more")]


def test_a_panel_that_started_anew_is_lost_and_ready_again(line: Line) -> None:
    line.host.show({0: RED})
    line.exchange()
    line.panel = line.boot(nonce=4711)
    line.passes(0.5)
    assert [type(event) for event in line.events[1:]] == [LinkLost, LinkReady]
    assert line.lit() == {}


def test_a_panel_that_starts_anew_with_the_same_nonce_is_noticed_by_its_silence(line: Line) -> None:
    line.panel = line.boot(nonce=7)
    line.passes(5.0)
    assert isinstance(line.events[-1], LinkReady)


def test_leaving_shows_unknown_at_once(line: Line) -> None:
    line.host.show({0: GREEN})
    line.exchange()
    line.panel.receive(line.host.bye(), line.now_ms)
    assert set(line.lit().values()) == {Color.DARK_BLUE}


def test_a_slow_line_is_given_time_before_a_frame_is_sent_again() -> None:
    line = Line()
    line.host = HostLink(line.at_s, 1, Pace(ack_s=2.0))
    line.exchange()
    line.to_panel = lose
    line.host.show({0: RED})
    assert line.host.outgoing(line.at_s)
    assert not line.host.outgoing(line.at_s + 0.9)
    assert line.host.outgoing(line.at_s + 2.0)
