"""A host's link and the reference firmware at the two ends of a line that can do harm."""

from collections.abc import Callable

from bridge.drivers.virtual.panel import LampBoard as PanelBoard
from bridge.drivers.virtual.panel_firmware import Make, PanelFirmware
from bridge.model.blf import Color, KeyFace, Lamp, Pattern
from bridge.protocols.panel_link import HostLink, KeyMoved, LinkEvent

Harm = Callable[[bytes], bytes]
"""What the line makes of bytes."""

STEP_S = 0.05


def lose(_: bytes) -> bytes:
    return b""


def unharmed(data: bytes) -> bytes:
    return data


def face(
    color: Color, pattern: Pattern = Pattern.STEADY, label: str = "", state: str = ""
) -> KeyFace:
    return KeyFace(1, label, state, Lamp(color, pattern))


GREEN, RED = face(Color.GREEN), face(Color.RED, Pattern.FAST)


class LampBoard(PanelBoard):
    """The lamps of a panel, with every step they made."""

    def __init__(self) -> None:
        super().__init__()
        self.steps: list[tuple[int, Lamp]] = []

    def lamp(self, key: int, color: int, pattern: int) -> None:
        super().lamp(key, color, pattern)
        self.steps.append((key, self.lamps[key]))


class Line:
    """Both ends and the time; ``passes`` lets it go by."""

    def __init__(self, board: LampBoard | None = None, *, nonce: int = 7, **make: object) -> None:
        self.board = board or LampBoard()
        self.make = Make()
        for name, value in make.items():
            setattr(self.make, name, value)
        self.at_s = 100.0
        self.host = HostLink(self.at_s, salt=3)
        self.panel = self.boot(nonce)
        self.events: list[LinkEvent] = []
        self.to_panel: Harm = unharmed
        self.to_host: Harm = unharmed

    def boot(self, nonce: int) -> PanelFirmware:
        return PanelFirmware(self.board, self.make, nonce)

    @property
    def now_ms(self) -> int:
        return round(self.at_s * 1000)

    @property
    def keys(self) -> list[tuple[int, bool]]:
        return [(e.key, e.down) for e in self.events if isinstance(e, KeyMoved)]

    def exchange(self) -> None:
        """Let everything that is said be heard, at this moment."""
        for _ in range(20):
            out = self.to_panel(self.host.outgoing(self.at_s))
            self.panel.receive(out, self.now_ms)
            back = self.to_host(self.panel.output())
            self.events += self.host.feed(back, self.at_s)
            if not out and not back:
                return

    def passes(self, seconds: float) -> None:
        """Let time go by in steps."""
        for _ in range(round(seconds / STEP_S)):
            self.at_s += STEP_S
            self.panel.tick(self.now_ms)
            self.exchange()
            self.events += self.host.tick(self.at_s)
            self.exchange()

    def press(self, key: int, down: bool = True) -> None:
        self.panel.key(key, down, self.now_ms)

    def lit(self) -> dict[int, Color]:
        """The colours of the lamps that are on."""
        return self.board.lit
