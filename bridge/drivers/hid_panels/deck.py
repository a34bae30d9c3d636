"""One Stream Deck in use: the library's reading thread, and a writing thread that draws.

A deck has no lamps of its own that blink and no clock that notices our silence: blinking is drawn
here, two pictures in turn, and *unknown* is drawn when we leave. After a ``kill -9`` the last
pictures stay until the deck is opened again: by the next daemon, which blacks all keys first, or by
``dark.put_out``, which the service has run at once.
"""

import functools
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Protocol

from PIL import Image
from StreamDeck.ImageHelpers import PILHelper
from StreamDeck.Transport.Transport import TransportError as DeckError

from bridge.drivers.hid_panels.picture import Look, draw, look_of
from bridge.drivers.hid_panels.transport import HidTransport
from bridge.drivers.ports import Now
from bridge.model.blf import UNKNOWN, KeyFace, KeyState
from bridge.protocols.panel_blinking import blinks, is_bright, next_change_s

READ_HZ = 1000  # the reader sleeps so long after an empty read; ours waits for reports itself
LEAVE_S = 0.7  # for the last pictures, of the 1 s a bus has to leave its panels
PICTURES = 512  # kept ready; some 3 KiB each


class Deck(Protocol):
    """What we use of the library's ``StreamDeck``."""

    read_thread: threading.Thread | None

    def open(self) -> None: ...
    def close(self) -> None: ...
    def reset(self) -> None: ...
    def key_count(self) -> int: ...
    def is_visual(self) -> bool: ...
    def deck_type(self) -> str: ...
    def get_serial_number(self) -> str: ...
    def get_firmware_version(self) -> str: ...
    def set_brightness(self, percent: int) -> None: ...
    def set_poll_frequency(self, hz: int) -> None: ...
    def set_key_image(self, key: int, image: bytes) -> None: ...
    def set_key_callback(self, callback: Callable[[object, int, bool], None]) -> None: ...
    def key_image_format(self) -> Mapping[str, tuple[int, int]]: ...


class DeckSession:
    """One open deck. Everything but ``show`` and ``stop`` may block: not on the loop.

    Args:
        deck: the library's, open.
        device: below it.
        now: seconds for blinking.
    """

    def __init__(self, deck: Deck, device: HidTransport, now: Now = time.monotonic) -> None:
        self.deck = deck
        self._device = device
        self._now = now
        self._wake = threading.Condition()
        self._faces: dict[int, KeyFace] = {}
        self._dirty: set[int] = set()
        self._stopped = False
        self._failed = False
        self._shown: dict[int, Look | None] = {}
        self._pictures = functools.lru_cache(maxsize=PICTURES)(self._picture)
        self._writer = threading.Thread(target=self._write, name="deck-w", daemon=True)

    def start(self, brightness: int, pressed: Callable[[int, bool], None]) -> None:
        """Black all keys and begin.

        Args:
            brightness: 0..100 per cent.
            pressed: told key and whether it is down, on the reading thread.

        Raises:
            DeckError: of the library: the deck does not take it.
        """
        deck = self.deck
        deck.set_key_callback(lambda _, key, down: pressed(key, bool(down)))
        if deck.is_visual():
            deck.set_brightness(brightness)
            for key in range(deck.key_count()):
                self._draw(key, None)
        self._writer.start()

    def show(self, faces: Mapping[int, KeyFace | None]) -> None:
        """Show faces; newest wins. Returns at once; any thread."""
        with self._wake:
            for key, face in faces.items():
                if not 0 <= key < self.deck.key_count():
                    continue
                if face is None:
                    self._faces.pop(key, None)
                else:
                    self._faces[key] = face
                self._dirty.add(key)
            self._wake.notify_all()

    @property
    def odd(self) -> Mapping[str, int]:
        """Nothing: the library takes its reports, or reads on."""
        return {}

    def leave(self, *, is_gone: bool) -> None:
        """End the writer, draw unknown where a face was, and close. Blocks up to a second."""
        with self._wake:
            self._stopped = True
            self._wake.notify_all()
        if self._writer.ident is not None:
            self._writer.join()
        if not is_gone:
            self._draw_unknown()
        self.deck.close()
        self._device.shut(self.deck.read_thread)

    # -- writing thread ------------------------------------------------------------

    def _write(self) -> None:
        """Draw what changed and what blinks, until stopped or refused."""
        while not self._failed:
            with self._wake:
                if not self._dirty:
                    self._wake.wait(self._until_next())
                if self._stopped:
                    return
                if not self.deck.is_visual():
                    self._dirty.clear()
                    continue
                due = {key for key, face in self._faces.items() if blinks(face.lamp)} | self._dirty
                self._dirty.clear()
            for key in sorted(due):
                if self._is_stopped():
                    return
                face = self._faces.get(key)  # newest: it may have changed just now
                self._try(key, None if face is None else self._look(face))

    def _is_stopped(self) -> bool:
        with self._wake:
            return self._stopped

    def _look(self, face: KeyFace) -> Look:
        return look_of(face, bright=is_bright(face.lamp.pattern, self._now()))

    def _try(self, key: int, look: Look | None) -> None:
        """Draw if it is not there already; a deck that refuses is left to its reader to notice."""
        if self._shown.get(key, self) == look:
            return
        try:
            self._draw(key, look)
        except DeckError:
            self._failed = True

    def _draw(self, key: int, look: Look | None) -> None:
        self.deck.set_key_image(key, self._pictures(look))
        self._shown[key] = look

    def _picture(self, look: Look | None) -> bytes:
        width, height = self.deck.key_image_format()["size"]
        image: Image.Image = draw(look, width, height)
        native: bytes = PILHelper.to_native_key_format(self.deck, image)
        return native

    def _until_next(self) -> float | None:
        """Return seconds until a blinking key changes; None while there is none."""
        patterns = {one.lamp.pattern for one in self._faces.values() if blinks(one.lamp)}
        return next_change_s(patterns, self._now())

    def _draw_unknown(self) -> None:
        until_s = self._now() + LEAVE_S
        for key, face in self._faces.items():
            if self._failed or self._now() > until_s or not self.deck.is_visual():
                return
            unknown = replace(face, state=KeyState.UNKNOWN.value, lamp=UNKNOWN)
            self._try(key, look_of(unknown))
