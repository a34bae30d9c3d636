"""The words of the user's session: notices, links, shortcuts; and how the user wants them."""

import re
from dataclasses import dataclass, field
from enum import Enum

from bridge.model.intents import Intent


class NoticeKind(Enum):
    """What may be told on the desktop. The values are those of the configuration."""

    INCOMING = "incoming"
    MISSED = "missed"
    HELD = "held"  # for too long
    VOICEMAIL = "voicemail"
    PROBLEMS = "problems"


class Callers(Enum):
    """How much of a caller a notice shows. The values are those of the configuration."""

    FULL = "full"
    MASKED = "masked"  # no name, the last two digits
    HIDDEN = "hidden"


class Confirm(Enum):
    """When a link is asked about before it is dialled."""

    ALWAYS = "always"
    OUTSIDE = "outside"  # extensions of the PBX are dialled at once


class Modifier(Enum):
    """Keys that are held. The values are those of the XDG shortcuts specification."""

    CTRL = "CTRL"
    ALT = "ALT"
    SHIFT = "SHIFT"
    LOGO = "LOGO"


# As people write them -> the name of the key in X11 and Wayland (xkbcommon-keysyms.h).
NAMED_KEYS = {
    "up": "Up",
    "down": "Down",
    "left": "Left",
    "right": "Right",
    "space": "space",
    "enter": "Return",
    "escape": "Escape",
    "tab": "Tab",
    "backspace": "BackSpace",
    "insert": "Insert",
    "delete": "Delete",
    "home": "Home",
    "end": "End",
    "pageup": "Page_Up",
    "pagedown": "Page_Down",
    "pause": "Pause",
    **{f"f{number}": f"F{number}" for number in range(1, 25)},
}

_MODIFIERS = {
    "ctrl": Modifier.CTRL,
    "control": Modifier.CTRL,
    "alt": Modifier.ALT,
    "shift": Modifier.SHIFT,
    "super": Modifier.LOGO,
    "logo": Modifier.LOGO,
    "win": Modifier.LOGO,
}
_PLAIN_KEY = re.compile(r"[a-z0-9]")
_ALONE = re.compile(r"f[0-9]+|pause")  # nobody types these in a text


@dataclass(frozen=True, slots=True)
class Shortcut:
    """Keys pressed together.

    Args:
        held: modifiers.
        key: name of the one that is pressed last, as xkbcommon has it, letters small.
    """

    held: frozenset[Modifier]
    key: str

    @property
    def trigger(self) -> str:
        """As the XDG shortcuts specification writes it: ``CTRL+ALT+a``."""
        return "+".join([*(one.value for one in Modifier if one in self.held), self.key])


def shortcut_of(text: str) -> Shortcut | None:
    """Return what ``Ctrl+Alt+A`` means, None when it is no shortcut.

    A key that is typed in texts needs Ctrl, Alt or Super beside it.

    Args:
        text: modifiers and one key, joined by ``+``; capitals do not count.
    """
    *held, key = (part.strip() for part in text.lower().split("+"))
    modifiers = [_MODIFIERS.get(name) for name in held]
    known = frozenset(one for one in modifiers if one is not None)
    name = key if _PLAIN_KEY.fullmatch(key) else NAMED_KEYS.get(key, "")
    if not name or len(known) != len(modifiers):
        return None
    is_safe = bool(known - {Modifier.SHIFT}) or _ALONE.fullmatch(key) is not None
    return Shortcut(known, name) if is_safe else None


@dataclass(frozen=True, slots=True)
class Binding:
    """What a shortcut does.

    Args:
        shortcut: the keys.
        intent: what is wanted.
        action: the same in the words of the configuration.
    """

    shortcut: Shortcut
    intent: Intent
    action: str


@dataclass(frozen=True, slots=True)
class DesktopSettings:
    """What Offhook does in the user's session.

    Args:
        enabled: whether the session bus is used at all.
        notices: what is told.
        callers: how much of a caller is shown.
        held_after_s: a call on hold for so long is told.
        confirm: when links are asked about.
        links_from: which telephone calls where they lead; empty = this desk.
        pause_players: media players are silent in a call.
        bindings: keyboard shortcuts.
        keyboards: device nodes that are read for them; empty = the desktop is asked.
    """

    enabled: bool = False
    notices: frozenset[NoticeKind] = frozenset(NoticeKind)
    callers: Callers = Callers.FULL
    held_after_s: float = 120.0
    confirm: Confirm = Confirm.ALWAYS
    links_from: str = ""
    pause_players: bool = False
    bindings: tuple[Binding, ...] = field(default=())
    keyboards: tuple[str, ...] = ()
