"""The words of the page: who looks at it, and what the configuration says about it."""

from dataclasses import dataclass, field
from enum import Enum

from bridge.model.numbers import Reach

KIOSK = "kiosk"
"""Source of what is asked on a room's own screen; barring and limits apply to it."""

DESK = "page"
"""Source of what the user asks on the page; each token has one of its own behind a colon."""


class Role(Enum):
    """What somebody may do. The values are those of the configuration."""

    VIEWER = "viewer"
    USER = "user"
    ADMINISTRATOR = "administrator"


class Screen(Enum):
    """Where somebody looks at the page."""

    DESK = "desk"  # this machine, opened by whoever owns the daemon
    KIOSK = "kiosk"  # this machine, in a room where anybody touches the screen
    REMOTE = "remote"  # with a token, from anywhere


@dataclass(frozen=True, slots=True)
class PageToken:
    """What somebody off this machine shows.

    Args:
        name: whose it is.
        role: what it allows.
        digest: SHA-256 of the token; the token itself is not kept.
    """

    name: str
    role: Role
    digest: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class KioskSettings:
    """What a room's screen may do.

    Args:
        barring: how far it may call; emergency numbers always.
        history: the call list is shown.
        directory: the directories are shown; private contacts never are.
        clear_after_s: seconds without a touch after which it is as nobody had been there.
    """

    barring: Reach = Reach.EVERYTHING
    history: bool = False
    directory: bool = True
    clear_after_s: int = 60


@dataclass(frozen=True, slots=True)
class PageSettings:
    """The page.

    Args:
        enabled: whether it is served at all.
        bind, port: where; port 0 = any free one.
        names: host names requests may be addressed to besides addresses and ``localhost``.
        certificate, key: paths of PEM files; empty = not encrypted.
        behind_proxy: a proxy encrypts in front of it.
        room: name of the room; empty = a desk.
        language: ``de``, ``en``, or empty for the browser's.
        theme: ``auto``, ``light``, ``dark`` or ``contrast``.
        pin: its hash, see ``kiosk.pin``; empty = none.
        tokens: who may come from elsewhere.
        kiosk: what a room's screen may do.
        virtual_headset: there is a headset to press on the page where no other one is plugged in.
    """

    enabled: bool = False
    bind: str = "127.0.0.1"
    port: int = 8089
    names: tuple[str, ...] = ()
    certificate: str = ""
    key: str = ""
    behind_proxy: bool = False
    room: str = ""
    language: str = ""
    theme: str = "auto"
    pin: str = field(default="", repr=False)
    tokens: tuple[PageToken, ...] = ()
    kiosk: KioskSettings = field(default_factory=KioskSettings)
    virtual_headset: bool = False


@dataclass(frozen=True, slots=True)
class LaunchPage:
    """Asked over the control socket: an address that opens the page once.

    Args:
        kiosk: for a room's screen, else for the user's own browser.
    """

    kiosk: bool = False


@dataclass(frozen=True, slots=True)
class KeptSession:
    """A session as it outlives a restart.

    Args:
        digest: SHA-256 of its cookie, hex.
        screen, name, role: as in ``kiosk.sessions.Session``.
        until_ms: Unix milliseconds when it ends; 0 = never.
        user: number of the Unix user whose browser it is; -1 = not known.
    """

    digest: str
    screen: Screen
    name: str
    role: Role
    until_ms: int
    user: int = -1


@dataclass(frozen=True, slots=True)
class KeptPage:
    """What the page remembers over a restart.

    Args:
        sessions: those that have not ended.
        pin_failures: wrong PINs since the last right one.
        language, theme: as set at runtime; empty = as configured.
    """

    sessions: tuple[KeptSession, ...] = ()
    pin_failures: int = 0
    language: str = ""
    theme: str = ""
