"""Serial panels on lines that do harm: no lamp is wrong, no key is told twice, nothing raises."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.model.blf import Color, KeyFace, Lamp, Pattern
from bridge.protocols.panel_frames import Frame, encode_frame
from bridge.protocols.panel_link import HostLink, LinkLost, LinkReady
from bridge.protocols.panel_messages import Kind
from tests.protocols.panel_line import GREEN, RED, LampBoard, Line, face

pytestmark = pytest.mark.timeout(900)  # with --all Hypothesis tries 1500 examples


@pytest.fixture
def line() -> Line:
    """A panel whose session has begun."""
    line = Line()
    line.exchange()
    return line


def test_a_host_that_comes_back_after_a_crash_takes_over(line: Line) -> None:
    line.host.show({0: GREEN, 5: RED})
    line.exchange()
    line.host = HostLink(line.at_s, salt=8)
    line.exchange()
    assert line.lit() == {}
    line.host.show({0: RED})
    line.exchange()
    assert line.lit() == {0: Color.RED}


def test_what_an_older_session_left_in_some_buffer_does_nothing(line: Line) -> None:
    heard: list[bytes] = []

    def recorded(data: bytes) -> bytes:
        heard.append(data)
        return data

    line.panel.receive(line.host.bye(), line.now_ms)
    line.to_panel = recorded
    line.passes(4.0)
    line.host.show({0: GREEN, 1: GREEN})
    line.exchange()
    line.to_panel = lambda data: data
    line.panel.receive(line.host.bye(), line.now_ms)
    line.host = HostLink(line.at_s, salt=99)
    line.exchange()
    line.host.show({0: RED, 1: RED})
    line.exchange()
    for old in heard:
        line.panel.receive(old, line.now_ms)
    assert line.lit() == {0: Color.RED, 1: Color.RED}


class Recorder:
    """Remembers what goes over the line."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []

    def __call__(self, data: bytes) -> bytes:
        self.heard.append(data)
        return data


def test_lamps_that_come_again_later_change_nothing(line: Line) -> None:
    line.to_panel = recorder = Recorder()
    line.host.show({0: RED})
    line.exchange()
    line.to_panel = lambda data: data
    line.host.show({0: GREEN})
    line.exchange()
    for old in recorder.heard:
        line.panel.receive(old, line.now_ms)
    line.exchange()
    assert line.lit() == {0: Color.GREEN}


def test_a_press_that_comes_again_after_its_release_is_no_press(line: Line) -> None:
    line.to_host = recorder = Recorder()
    line.press(3)
    line.exchange()
    line.to_host = lambda data: data
    line.press(3, down=False)
    line.exchange()
    for old in recorder.heard:
        line.events += line.host.feed(old, line.at_s)
    assert line.keys == [(3, True), (3, False)]


def test_a_press_of_an_older_session_is_no_press(line: Line) -> None:
    line.to_host = recorder = Recorder()
    line.press(3)
    line.exchange()
    line.to_host = lambda data: data
    line.host = HostLink(line.at_s, salt=8)
    line.events.clear()
    line.exchange()
    for old in recorder.heard:
        line.events += line.host.feed(old, line.at_s)
    assert line.keys == []


def forged(session: int, number: int, kind: Kind, payload: bytes) -> bytes:
    return encode_frame(Frame(kind, session, number, payload))


def test_a_panel_that_took_a_forged_frame_is_right_again_in_a_new_session(line: Line) -> None:
    line.panel.receive(forged(line.panel.session, 2, Kind.LAMPS, b"\x00\x01"), line.now_ms)
    line.panel.output()  # nobody hears that it took it
    line.host.show({0: RED})  # number 2 as well
    line.passes(5.0)
    assert [type(event) for event in line.events] == [LinkReady, LinkLost, LinkReady]
    line.host.show({0: RED})
    line.exchange()
    assert line.lit() == {0: Color.RED}


def test_a_panel_whose_key_was_acknowledged_by_nobody_begins_anew(line: Line) -> None:
    line.to_host = lambda _: b""
    line.press(3)
    line.exchange()
    line.panel.receive(forged(line.panel.session, 1, Kind.ACK, b""), line.now_ms)
    line.to_host = lambda data: data
    line.press(4)  # number 2: the host waits for 1
    line.passes(5.0)
    assert line.keys == []
    line.press(5)
    line.exchange()
    assert line.keys == [(5, True)]


class Wire:
    """Does harm as Hypothesis says, and remembers everything that ever went over it."""

    def __init__(self, data: st.DataObject) -> None:
        self.data = data
        self.past: list[bytes] = []
        self.is_cruel = True

    def __call__(self, sent: bytes) -> bytes:
        if not self.is_cruel or not sent:
            return sent
        self.past.append(sent)
        match self.data.draw(st.integers(0, 6)):
            case 0:
                return b""
            case 1:
                return sent + sent
            case 2:
                return sent[: self.data.draw(st.integers(0, len(sent)))]
            case 3:
                return self.data.draw(st.binary(max_size=20)) + sent
            case 4:
                place = self.data.draw(st.integers(0, len(sent) - 1))
                return sent[:place] + bytes([sent[place] ^ 0x10]) + sent[place + 1 :]
            case 5:
                return self.data.draw(st.sampled_from(self.past)) + sent
            case _:
                return sent


class WatchedBoard(LampBoard):
    """Refuses a lamp that nobody has ever asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: dict[int, set[Lamp]] = {}

    def lamp(self, key: int, color: int, pattern: int) -> None:
        super().lamp(key, color, pattern)
        allowed = self.asked.get(key, set()) | {Lamp(), Lamp(Color.DARK_BLUE)}
        assert self.lamps[key] in allowed


FACES = (GREEN, RED, face(Color.AMBER, Pattern.DOUBLE), None)


@given(st.data())
def test_on_a_line_that_does_harm_no_lamp_is_wrong_and_no_key_is_told_twice(
    data: st.DataObject,
) -> None:
    board = WatchedBoard()
    line = Line(board)
    wire_out, wire_back = Wire(data), Wire(data)
    line.to_panel, line.to_host = wire_out, wire_back
    wanted: dict[int, KeyFace | None] = {}
    pressed: list[tuple[int, bool]] = []
    for _ in range(data.draw(st.integers(1, 6))):
        key = data.draw(st.integers(0, 7))
        wanted[key] = data.draw(st.sampled_from(FACES))
        lamp = wanted[key]
        board.asked.setdefault(key, set()).add(lamp.lamp if lamp is not None else Lamp())
        line.host.show(wanted)
        down = (key, True) not in pressed
        pressed.append((key, down))
        line.press(key, down=down)
        line.passes(data.draw(st.sampled_from([0.05, 0.3])))
    told = list(line.keys)
    assert all(told.count(one) <= pressed.count(one) for one in told)
    wire_out.is_cruel = wire_back.is_cruel = False
    line.passes(5.0)  # at most a session given up, and begun anew
    line.host.show(wanted)
    line.exchange()
    assert line.lit() == {key: one.lamp.color for key, one in wanted.items() if one is not None}


@given(st.lists(st.binary(max_size=60), max_size=20), st.booleans())
def test_noise_raises_nothing_and_lights_nothing(noise: list[bytes], is_ready: bool) -> None:
    line = Line()
    if is_ready:
        line.exchange()
    for piece in noise:
        line.panel.receive(piece, line.now_ms)
        line.events += line.host.feed(piece, line.at_s)
        line.passes(0.05)
    assert set(line.lit().values()) <= {Color.DARK_BLUE}
    assert line.keys == []


@given(
    st.lists(
        st.builds(
            Frame,
            kind=st.one_of(st.sampled_from(list(Kind)), st.integers(0, 255)),
            session=st.integers(0, 255),
            sequence=st.integers(0, 4),
            payload=st.binary(max_size=24),
        ),
        max_size=8,
    )
)
def test_whole_frames_of_no_sense_raise_nothing(frames: list[Frame]) -> None:
    line = Line(text_bytes=8)
    line.exchange()
    for frame in frames:
        line.events += line.host.feed(encode_frame(frame), line.at_s)
        line.panel.receive(encode_frame(frame), line.now_ms)
        line.passes(0.05)
    line.passes(5.0)
    line.host.show({0: RED})
    line.passes(5.0)  # forged numbers may have got the two out of step: they begin anew
    line.host.show({0: RED})
    line.exchange()
    assert line.lit()[0] is Color.RED


def test_numbers_of_frames_go_round() -> None:
    line = Line()
    line.exchange()
    line.host._sequence = line.panel._host_number = 0xFFFE
    line.panel._number = line.host._heard_sequence = 0xFFFE
    for turn in range(4):
        line.host.show({0: RED if turn % 2 else GREEN})
        line.press(1, down=turn % 2 == 0)
        line.exchange()
    assert line.lit() == {0: Color.RED}
    assert len(line.keys) == 4
