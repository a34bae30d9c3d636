"""A hundred thousand exchanges with a panel over a line that does harm; then the line is well."""

import random

import pytest

from bridge.model.blf import Color, KeyFace, Lamp, Pattern
from bridge.protocols.panel_frames import Frame, encode_frame
from bridge.protocols.panel_messages import Kind
from tests.protocols.panel_line import GREEN, RED, LampBoard, Line, face

EXCHANGES = 100_000
KEYS = 8
FACES = (GREEN, RED, face(Color.AMBER, Pattern.DOUBLE), None)
UNKNOWN = {Lamp(), Lamp(Color.DARK_BLUE)}

pytestmark = pytest.mark.timeout(900)


class Harm:
    """Loses, cuts, doubles, flips and invents bytes, and brings back what went over before."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.past = [b"\0"]
        self.is_on = True

    def __call__(self, sent: bytes) -> bytes:
        if not self.is_on or not sent:
            return sent
        rng = self.rng
        if len(self.past) < 500:
            self.past.append(sent)
        place = rng.randrange(len(sent))
        match rng.randrange(12):
            case 0 | 1:
                return sent * rng.choice((0, 2))
            case 2:
                return sent[:place]
            case 3:
                return rng.randbytes(rng.randrange(300)) + sent
            case 4:
                return (
                    sent[:place] + bytes([sent[place] ^ 1 << rng.randrange(8)]) + sent[place + 1 :]
                )
            case 5 | 6:
                return rng.choice((rng.choice(self.past), self.invented())) + sent
            case _:
                return sent

    def invented(self) -> bytes:
        """A whole frame of no sense."""
        rng = self.rng
        kind = rng.choice([*Kind, rng.randrange(256)])
        payload = rng.randbytes(rng.randrange(40))
        return encode_frame(Frame(kind, rng.randrange(256), rng.randrange(5), payload))


class WatchedBoard(LampBoard):
    """Notes lamps that nobody has asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.wrong: list[tuple[int, Lamp]] = []

    def lamp(self, key: int, color: int, pattern: int) -> None:
        super().lamp(key, color, pattern)
        self.steps.clear()
        asked = {one.lamp for one in FACES if one is not None} | UNKNOWN
        if self.lamps[key] not in asked:
            self.wrong.append((key, self.lamps[key]))


@pytest.mark.parametrize("seed", [1, 2])
def test_no_harm_of_the_line_raises_or_is_shown_and_each_is_counted(seed: int) -> None:
    rng, board = random.Random(seed), WatchedBoard()
    line = Line(board)
    out, back = Harm(rng), Harm(rng)
    wanted: dict[int, KeyFace | None] = {}
    line.to_panel, line.to_host = out, back
    for _ in range(EXCHANGES // 2):
        wanted[rng.randrange(KEYS)] = rng.choice(FACES)
        line.host.show(wanted)
        line.press(rng.randrange(KEYS), down=rng.random() < 0.5)
        line.passes(0.05)
        line.events.clear()
    out.is_on = back.is_on = False
    line.passes(5.0)
    line.host.show(wanted)
    line.exchange()
    print(f"\nrefused by the host {dict(line.host.counts)}, no frames {line.host.damaged}")
    assert board.wrong == []
    assert line.lit() == {key: one.lamp.color for key, one in wanted.items() if one is not None}
    assert line.host.counts.total() > EXCHANGES // 100
    assert sum(line.host.damaged.values()) > EXCHANGES // 100
