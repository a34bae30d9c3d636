"""A serial panel without hardware: the reference firmware behind a pseudo terminal.

The other end opens ``path`` as it would open ``/dev/ttyACM0``. Speed, DTR and permissions mean
nothing there; everything else is as on a cable.
"""

import asyncio
import contextlib
import os
import random
import time
import tty
from types import TracebackType
from typing import Self

from bridge.drivers.virtual.panel_firmware import Board, Make, PanelFirmware
from bridge.model.blf import Color, Lamp
from bridge.protocols.panel_messages import COLORS, PATTERNS

TICK_S = 0.05  # the firmware wants it ten times a second or more


class LampBoard(Board):
    """Lamps and texts of a panel, as one sees them."""

    def __init__(self) -> None:
        self.lamps: dict[int, Lamp] = {}
        self.texts: dict[int, str] = {}
        self.changes = 0
        """How often a lamp was set."""

    def lamp(self, key: int, color: int, pattern: int) -> None:
        self.lamps[key] = Lamp(COLORS[color], PATTERNS[pattern])
        self.changes += 1

    def text(self, key: int, text: bytes) -> None:
        self.texts[key] = text.decode(errors="replace")

    @property
    def lit(self) -> dict[int, Color]:
        """Colours of the lamps that are on."""
        return {k: one.color for k, one in self.lamps.items() if one.color is not Color.OFF}


class FirmwareOn:
    """The reference firmware on a file descriptor; runs on the event loop.

    Args:
        fd: open, raw and non-blocking; stays the caller's.
        make: what kind of panel.
    """

    def __init__(self, fd: int, make: Make) -> None:
        self.board = LampBoard()
        self._make = make
        self._fd = fd
        self._dead = False
        self._loop = asyncio.get_running_loop()
        self._boot()

    def _boot(self) -> None:
        nonce = random.randrange(1 << 16)  # noqa: S311  # not a secret
        self._firmware = PanelFirmware(self.board, self._make, nonce)

    async def __aenter__(self) -> Self:
        self._tick()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Stop for good; twice is harmless."""
        self._dead = True
        self._timer.cancel()
        self._loop.remove_reader(self._fd)

    def restart(self) -> None:
        """Start anew, as after a cut of its power."""
        self._boot()

    def key(self, number: int, *, down: bool) -> None:
        """Move a key."""
        self._firmware.key(number, down, _now_ms())
        self._flush()

    @property
    def is_in_session(self) -> bool:
        """Whether a host has it."""
        return self._firmware.session != 0

    def _tick(self) -> None:
        self._firmware.tick(_now_ms())
        self._flush()
        if not self._dead:
            self._loop.add_reader(self._fd, self._read)  # again, if the host had gone
            self._timer = self._loop.call_later(TICK_S, self._tick)

    def _read(self) -> None:
        try:
            data = os.read(self._fd, 4096)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:  # nobody has the other end open: not to be asked all the time
            self._loop.remove_reader(self._fd)
            return
        self._firmware.receive(data, _now_ms())
        self._flush()

    def _flush(self) -> None:
        """Say what is to be said; a line that nobody reads takes no more, and that is lost."""
        out = self._firmware.output()
        with contextlib.suppress(OSError):
            if out and not self._dead:
                os.write(self._fd, out)


class PtyPanel:
    """A panel on a pseudo terminal, plugged in while the context lasts.

    Args:
        make: what kind; None = eight keys.
    """

    def __init__(self, make: Make | None = None) -> None:
        self._make = make or Make()

    async def __aenter__(self) -> Self:
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self.path = os.ttyname(self._slave)
        self.firmware = await FirmwareOn(self._master, self._make).__aenter__()
        self.is_plugged = True
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.unplug()

    @property
    def board(self) -> LampBoard:
        """Its lamps."""
        return self.firmware.board

    def press(self, key: int) -> None:
        """Push a key down."""
        self.firmware.key(key, down=True)

    def release(self, key: int) -> None:
        """Let a key go."""
        self.firmware.key(key, down=False)

    def unplug(self) -> None:
        """Pull it; twice is harmless."""
        if self.is_plugged:
            self.is_plugged = False
            self.firmware.stop()
            os.close(self._master)
            os.close(self._slave)


def _now_ms() -> int:
    return round(time.monotonic() * 1000)
