"""Eight panels of 128 keys that take the time of every lamp; see ``lamps.py``."""

import asyncio
import time
from ctypes import Array, c_int64
from dataclasses import dataclass, field
from multiprocessing.connection import Connection

from bridge.blf.fit import lamps_for
from bridge.drivers.virtual.panel import LampBoard, PtyPanel
from bridge.drivers.virtual.panel_firmware import Make
from bridge.model.blf import KeyState, KeyType
from bridge.model.lamps import LookName
from bridge.protocols.panel_frames import Deframer
from bridge.protocols.panel_messages import Kind
from tests.mqtt.waiting import eventually

KEYS, PANELS = 128, 8  # one key of each turns pages: 8 × 127 is room for all
TEXT_BYTES = 32  # name and state, in two lines
PATIENCE_S = 60.0
WORDS = ("free", "ringing", "busy", "held")
LAMPS = tuple(lamps_for(LookName.GENERIC, KeyType.BLF)[KeyState(word)] for word in WORDS)

Sent = Array[c_int64]
"""When each word of each extension was sent last, monotonic nanoseconds; see ``place``."""


def place(number: int, word: int) -> int:
    """Return where in ``Sent`` a word of an extension is."""
    return number * len(WORDS) + word


def newest(sent: Sent, number: int) -> int:
    """Return the word of an extension that was sent last."""
    return max(range(len(WORDS)), key=lambda word: sent[place(number, word)])


@dataclass(frozen=True, slots=True)
class Shown:
    """What the panels have seen of a storm.

    Args:
        delays_ms: from the state to the lamp that shows it.
        lamps: that were set.
        frames: that were read.
    """

    delays_ms: list[float]
    lamps: int
    frames: int


@dataclass
class Seen:
    """What all panels have seen since the last look."""

    sent: Sent
    delays_ms: list[float] = field(default_factory=list)
    lamps: int = 0
    frames: int = 0

    def take(self) -> Shown:
        """Return it and begin anew."""
        shown = Shown(self.delays_ms, self.lamps, self.frames)
        self.delays_ms, self.lamps, self.frames = [], 0, 0
        return shown


class TimedBoard(LampBoard):
    """Lamps that take the time; the text of a key is its extension."""

    def __init__(self, seen: Seen) -> None:
        super().__init__()
        self._seen = seen

    def lamp(self, key: int, color: int, pattern: int) -> None:
        super().lamp(key, color, pattern)
        now_ns = time.monotonic_ns()
        self._seen.lamps += 1
        number = self.name(key)
        if number.isdigit() and self.lamps[key] in LAMPS:
            word = LAMPS.index(self.lamps[key])
            when_ns = self._seen.sent[place(int(number), word)]
            self._seen.delays_ms.append((now_ns - when_ns) / 1e6)

    def name(self, key: int) -> str:
        """Return the first line of a key's text: an extension, or the page."""
        return self.texts.get(key, "").partition("\n")[0]

    @property
    def is_true(self) -> bool:
        """Whether every key shows what was sent last."""
        names = {key: self.name(key) for key in self.lamps}
        numbers = {key: int(name) for key, name in names.items() if name.isdigit()}
        return bool(numbers) and all(
            self.lamps[key] == LAMPS[newest(self._seen.sent, number)]
            for key, number in numbers.items()
        )


class CountedPanel(PtyPanel):
    """A panel that counts the frames with lamps in them."""

    def __init__(self, seen: Seen) -> None:
        make = Make()
        make.keys, make.text_bytes = KEYS, TEXT_BYTES
        super().__init__(make)
        self.timed = TimedBoard(seen)
        self._seen = seen

    async def begin(self) -> None:
        """Plug it in."""
        await self.__aenter__()
        self.firmware.board = self.timed
        self.firmware.restart()
        firmware = self.firmware._firmware
        receive, deframer = firmware.receive, Deframer()

        def counted(data: bytes, now_ms: int) -> None:
            kinds = [frame.kind for frame in deframer.feed(data)]
            self._seen.frames += kinds.count(Kind.LAMPS)
            receive(data, now_ms)

        firmware.receive = counted  # type: ignore[method-assign]

    async def turn_to(self, page: int) -> None:
        """Press the last key until the page is shown; it says so."""
        name, last = self.timed.name, KEYS - 1
        await eventually(lambda: name(last), "the panel is in use", PATIENCE_S)
        for number in range(2, page + 2):
            self.press(last)
            self.release(last)
            wanted = f"{number}/{PANELS}"
            await eventually(lambda: name(last) == wanted, "its page is turned", PATIENCE_S)  # noqa: B023  # awaited here


def be_panels(sent: Sent, pipe: "Connection[object, object]") -> None:
    """Be all panels; the body of a process."""
    asyncio.run(_be_panels(sent, pipe))


async def _be_panels(sent: Sent, pipe: "Connection[object, object]") -> None:
    seen = Seen(sent)
    panels = [CountedPanel(seen) for _ in range(PANELS)]
    for panel in panels:
        await panel.begin()
    pipe.send([panel.path for panel in panels])
    await asyncio.gather(*(panel.turn_to(page) for page, panel in enumerate(panels)))
    while True:
        await eventually(lambda: all(panel.timed.is_true for panel in panels), "", PATIENCE_S)
        pipe.send(seen.take())
        if await asyncio.to_thread(pipe.recv) is None:
            break
    for panel in panels:
        panel.unplug()
