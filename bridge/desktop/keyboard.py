"""Shortcuts on keyboards where no desktop watches for them: consoles and kiosks.

Only devices that the configuration names are opened, and none is grabbed: what is typed reaches
everybody else as before. Of what is typed only the keys of shortcuts are looked at; nothing is
kept or logged. Keys go by their place: ``a`` is the key right of Caps Lock on a US keyboard.

Source: Linux ``Documentation/input/input.rst``, ``uapi/linux/input.h``, ``input-event-codes.h``.
"""

import asyncio
import logging
import os
import struct
from collections.abc import Callable
from types import TracebackType
from typing import Self

from bridge.model.desktop import Binding, Modifier

EVENT = struct.Struct("@llHHi")  # struct input_event: time of the kernel's word size, type, code
EV_SYN, EV_KEY = 0, 1
SYN_DROPPED = 3  # the kernel's queue was full: what is held is not known any more
UP, DOWN = 0, 1  # 2: repeated
RETRY_S = (1.0, 5.0)
"""Waits before a keyboard that is away is opened again; it costs one system call."""

MODIFIER_CODES = {
    29: Modifier.CTRL,
    97: Modifier.CTRL,
    56: Modifier.ALT,
    100: Modifier.ALT,
    42: Modifier.SHIFT,
    54: Modifier.SHIFT,
    125: Modifier.LOGO,
    126: Modifier.LOGO,
}

_ROWS = {2: "1234567890", 16: "qwertyuiop", 30: "asdfghjkl", 44: "zxcvbnm"}
KEY_CODES = {
    **{letter: first + at for first, row in _ROWS.items() for at, letter in enumerate(row)},
    **{f"F{number}": 58 + number for number in range(1, 11)},
    "F11": 87,
    "F12": 88,
    **{f"F{number}": 170 + number for number in range(13, 25)},
    "Escape": 1,
    "BackSpace": 14,
    "Tab": 15,
    "Return": 28,
    "space": 57,
    "Home": 102,
    "Up": 103,
    "Page_Up": 104,
    "Left": 105,
    "Right": 106,
    "End": 107,
    "Down": 108,
    "Page_Down": 109,
    "Insert": 110,
    "Delete": 111,
    "Pause": 119,
}

_log = logging.getLogger(__name__)


class Chords:
    """From bytes of one input device to shortcuts; pure.

    Args:
        bindings: what to listen for.
    """

    def __init__(self, bindings: tuple[Binding, ...]) -> None:
        self._bound = {(KEY_CODES[b.shortcut.key], b.shortcut.held): b for b in bindings}
        self._held: set[int] = set()
        self._rest = b""

    def feed(self, data: bytes) -> list[Binding]:
        """Return the shortcuts pressed, once each however long they are held."""
        data = self._rest + data
        whole = len(data) - len(data) % EVENT.size
        self._rest = data[whole:]
        found = []
        for _, _, kind, code, value in EVENT.iter_unpack(data[:whole]):
            if kind == EV_SYN and code == SYN_DROPPED:
                self._held.clear()
            elif kind == EV_KEY and code in MODIFIER_CODES:
                (self._held.discard if value == UP else self._held.add)(code)
            elif kind == EV_KEY and value == DOWN:
                held = frozenset(MODIFIER_CODES[one] for one in self._held)
                if (binding := self._bound.get((code, held))) is not None:
                    found.append(binding)
        return found


class Keyboard:
    """One device node, opened whenever it is there.

    Args:
        node: its path.
        bindings: what to listen for.
        on_pressed: a shortcut was pressed.
        on_trouble: why the keyboard cannot be used; empty when it can.
        retry_s: waits between attempts, the last one for ever.
    """

    def __init__(
        self,
        node: str,
        bindings: tuple[Binding, ...],
        on_pressed: Callable[[Binding], None],
        on_trouble: Callable[[str], None],
        retry_s: tuple[float, ...] = RETRY_S,
    ) -> None:
        self._node = node
        self._bindings = bindings
        self._on_pressed = on_pressed
        self._on_trouble = on_trouble
        self._retry_s = retry_s
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._run(), name=f"keyboard {self._node}")
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        failed = 0
        while True:
            try:
                await self._listen()
                failed = 0
            except OSError as error:
                self._on_trouble(f"shortcuts on {self._node}: {why(error)}")
            await asyncio.sleep(self._retry_s[min(failed, len(self._retry_s) - 1)])
            failed += 1

    async def _listen(self) -> None:
        """Listen until the keyboard is gone."""
        handle = os.open(self._node, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
        loop, gone = asyncio.get_running_loop(), asyncio.Event()
        chords = Chords(self._bindings)

        def read() -> None:
            try:
                data = os.read(handle, EVENT.size * 64)
            except BlockingIOError:
                return
            except OSError:  # ENODEV: pulled
                data = b""
            for binding in chords.feed(data):
                self._on_pressed(binding)
            if not data:
                gone.set()
                loop.remove_reader(handle)

        try:
            loop.add_reader(handle, read)
            self._on_trouble("")
            _log.debug("shortcuts are read from %s", self._node)
            await gone.wait()
            raise FileNotFoundError(self._node)
        finally:
            loop.remove_reader(handle)
            os.close(handle)


def why(error: OSError) -> str:
    """Return why a keyboard cannot be read, with the way out."""
    match error:
        case PermissionError():
            return (
                "no permission: an udev rule for this keyboard has to let the daemon's user read "
                "it (systemd/README.md shows one); adding the user to the group input would let "
                "every program of theirs read every keyboard"
            )
        case FileNotFoundError():
            return "it is not plugged in; it is used as soon as it is"
        case _:
            return f"{(error.strerror or 'it cannot be read').lower()}"
