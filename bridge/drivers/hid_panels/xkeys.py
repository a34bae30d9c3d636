"""One X-keys panel in use: a reading thread, and a writing thread that lights and blinks.

Only the interface with an output report and without a keyboard or mouse is taken: the others are
what the panel pretends to be to programs that do not know it.
"""

import re
import threading
from collections.abc import Callable, Mapping

from bridge.drivers.ports import HidHandle, HidNode, Now
from bridge.model.blf import Color, KeyFace, Lamp, PanelId, PanelInfo, Pattern
from bridge.model.errors import TransportError, TransportTimeout
from bridge.profiles.hid_panels import PI_ENGINEERING, XKEYS_BY_PRODUCT, XkeysModel
from bridge.profiles.udev import has_keys
from bridge.protocols.hid_descriptor import Descriptor, Kind, parse
from bridge.protocols.panel_blinking import blinks, is_bright, next_change_s
from bridge.protocols.panel_lamps import nearest
from bridge.protocols.xkeys import (
    KeyStates,
    Version,
    ask_keys,
    ask_version,
    colors_of,
    intensity,
    light,
    read_report,
)

READ_S = 0.2  # the reader's longest wait, and so about that of closing
ANSWER_S = 2.0  # for the answers at the beginning; our guess, they come at once in recordings
_ALL_PATTERNS = frozenset(Pattern)
_OTHER = re.compile(r"[^a-z0-9]+")


def fits(node: HidNode) -> bool:
    """Say whether a device is the interface of an X-keys panel that lights and keys go over."""
    is_known = node.vendor_id == PI_ENGINEERING and node.product_id in XKEYS_BY_PRODUCT
    if not is_known or has_keys(node.descriptor):
        return False
    found = parse(node.descriptor)
    return isinstance(found, Descriptor) and any(
        kind is Kind.OUTPUT for kind, _ in found.report_bits
    )


def opened(
    node: HidNode,
    handle: HidHandle,
    pressed: Callable[[int, bool], None],
    gone: Callable[[], None],
    brightness: int,
    now: Now,
) -> "tuple[XkeysSession, PanelInfo]":
    """Begin with a panel and put its lights out; on a thread.

    Args:
        node: of the panel.
        handle: open; owned by the session from now on.
        pressed: told of keys, on the session's reading thread.
        gone: told when the panel has left, there too.
        brightness: 0..100 per cent.
        now: monotonic seconds.

    Raises:
        TransportError: it cannot be used, with the way out.
    """
    model = XKEYS_BY_PRODUCT[node.product_id]
    session = XkeysSession(model, handle, pressed, gone, now)
    try:
        states, version = session.ask()
        session.start(brightness, states)
    except TransportError as error:
        session.leave(is_gone=True)
        raise TransportError(f"{node.node} does not answer as {model.name}: {error}") from error
    where = f"u{states.unit}" if states.unit else _OTHER.sub("-", (node.port or node.node).lower())
    model_name = _OTHER.sub("-", model.name.lower())
    return session, PanelInfo(
        panel=PanelId(f"{model_name}-{where.strip('-')}"[-48:]),
        name=f"X-keys {model.name}",
        firmware=str(version.firmware),
        keys=model.keys,
        colors=colors_of(model),
    )


def put_out(node: HidNode, handle: HidHandle) -> None:
    """Put out every light of a panel; on a thread.

    Args:
        node: of the panel.
        handle: open; closed in the end.

    Raises:
        TransportError: it does not take that.
    """
    model = XKEYS_BY_PRODUCT[node.product_id]
    try:
        for key in range(model.keys):
            for report in light(model, key, Color.OFF):
                handle.write(report)
    finally:
        handle.close()


class XkeysSession:
    """One open panel. Everything but ``show`` may block: not on the loop.

    Args:
        model: which.
        handle: open; the reading thread closes it.
        pressed: told of keys, on the reading thread.
        gone: told once when the panel has left, there too.
        now: monotonic seconds.
    """

    def __init__(
        self,
        model: XkeysModel,
        handle: HidHandle,
        pressed: Callable[[int, bool], None],
        gone: Callable[[], None],
        now: Now,
    ) -> None:
        self._model = model
        self._handle = handle
        self._pressed = pressed
        self._gone = gone
        self._now = now
        self._colors = colors_of(model)
        self._wake = threading.Condition()
        self._use = threading.Lock()
        self._stopped = False
        self._reads = True
        self._lamps: dict[int, Lamp] = {}
        self._faces: dict[int, KeyFace] = {}
        self._lit: dict[int, Color] = {}
        self._down: frozenset[int] = frozenset()
        self._reader = threading.Thread(target=self._read, name="xkeys-r", daemon=True)
        self._writer = threading.Thread(target=self._write, name="xkeys-w", daemon=True)

    def ask(self) -> tuple[KeyStates, Version]:
        """Return which keys are down and the version.

        Raises:
            TransportError: it does not say, or has left.
        """
        self._handle.write(ask_version())
        self._handle.write(ask_keys())
        states: KeyStates | None = None
        version: Version | None = None
        until_s = self._now() + ANSWER_S
        while self._now() < until_s:
            match read_report(self._model, self._handle.read(READ_S)):
                case KeyStates(generated=True) as found:
                    states = found
                case Version() as said:
                    version = said
                case _:
                    pass
            if states is not None and version is not None:
                return states, version
        raise TransportTimeout(
            f"expected its version and keys within {ANSWER_S:g} s, found nothing"
        )

    def start(self, brightness: int, states: KeyStates) -> None:
        """Put all lights out and begin; keys that are down already count when they come again.

        Raises:
            TransportError: it does not take that.
        """
        self._down = states.down
        self._handle.write(intensity(brightness))
        for key in range(self._model.keys):
            self._light(key, Color.OFF)
        self._reader.start()
        self._writer.start()

    def show(self, faces: Mapping[int, KeyFace | None]) -> None:
        """Show faces; newest wins. Returns at once; any thread."""
        with self._wake:
            for key, face in faces.items():
                if not 0 <= key < self._model.keys:
                    continue
                if face is None:
                    self._faces.pop(key, None)
                else:
                    self._faces[key] = face
                lamp = face.lamp if face is not None else Lamp()
                self._lamps[key] = nearest(lamp, self._colors, _ALL_PATTERNS)
            self._wake.notify_all()

    @property
    def odd(self) -> Mapping[str, int]:
        """Nothing: reports that are not known are those of its other controls."""
        return {}

    def leave(self, *, is_gone: bool) -> None:
        """End the writer, show unknown where a face was, and let the reader close."""
        with self._wake:
            self._stopped = True
            self._wake.notify_all()
        if self._writer.ident is not None:
            self._writer.join()
        if not is_gone:
            self._try({key: self._left(face.unknown) for key, face in self._faces.items()})
        self._reads = False
        if self._reader.ident is None:
            self._handle.close()
        else:
            self._reader.join()

    # -- reading thread ------------------------------------------------------------

    def _read(self) -> None:
        """Tell of keys until we leave or the panel has left, then close."""
        try:
            while self._reads:
                states = read_report(self._model, self._handle.read(READ_S))
                if isinstance(states, KeyStates):
                    self._compare(states.down)
        except TransportError:
            self._gone()
        finally:
            with self._use:  # closing under somebody's write would be a use after free
                self._handle.close()

    def _compare(self, down: frozenset[int]) -> None:
        before, self._down = self._down, down
        for key in sorted(before ^ down):
            self._pressed(key, key in down)

    # -- writing thread ------------------------------------------------------------

    def _write(self) -> None:
        """Light what changed and what blinks, until stopped or refused."""
        while True:
            with self._wake:
                if self._stopped:
                    return
                now_s = self._now()
                wanted = {key: self._seen(lamp, now_s) for key, lamp in self._lamps.items()}
                news = {key: one for key, one in wanted.items() if self._lit.get(key) is not one}
                if not news:
                    patterns = {lamp.pattern for lamp in self._lamps.values() if blinks(lamp)}
                    self._wake.wait(next_change_s(patterns, now_s))
                    continue
            if not self._try(dict([next(iter(news.items()))])):  # one at a time: newest wins
                return

    def _seen(self, lamp: Lamp, at_s: float) -> Color:
        return lamp.color if is_bright(lamp.pattern, at_s) else Color.OFF

    def _left(self, unknown: Lamp) -> Color:
        """Return what stays lit of *unknown*: nobody blinks any more, and still light would lie."""
        lamp = nearest(unknown, self._colors, _ALL_PATTERNS)
        return lamp.color if lamp.pattern is Pattern.STEADY else Color.OFF

    def _try(self, colors: Mapping[int, Color]) -> bool:
        """Light keys; False when the panel takes nothing more, which its reader notices, too."""
        try:
            for key, color in colors.items():
                self._light(key, color)
        except TransportError:
            return False
        return True

    def _light(self, key: int, color: Color) -> None:
        for report in light(self._model, key, color):
            with self._use:
                self._handle.write(report)
        self._lit[key] = color
