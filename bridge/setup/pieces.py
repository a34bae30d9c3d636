"""Which files go where, for each kind of installation. Pure.

Shipped files are those a distribution would install: the program is ``/usr/bin/offhook``. Here its
real place is written instead, wherever pip or pipx has put it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

PACKAGED = "/usr/bin/offhook"
PACKAGED_USER = "/usr/bin/env offhook"
BROWSER = "/usr/bin/chromium"


class Scope(Enum):
    """What is installed."""

    SYSTEM = "system"  # a service that starts with the machine
    USER = "user"  # a service of one person's session
    DEVICES = "devices"  # only what lets people open headsets


class Kind(Enum):
    """What has to be told when a file changes."""

    SYSUSERS = "sysusers"
    TMPFILES = "tmpfiles"
    RULES = "rules"
    HWDB = "hwdb"
    UNIT = "unit"
    PLAIN = "plain"  # nobody


@dataclass(frozen=True, slots=True)
class Choice:
    """What somebody wants.

    Args:
        scope: of the installation.
        kiosk: the browser of a room phone as well; system only.
        gateway: the gateway of a PBX as well; system only.
    """

    scope: Scope = Scope.SYSTEM
    kiosk: bool = False
    gateway: bool = False


@dataclass(frozen=True, slots=True)
class Piece:
    """One file.

    Args:
        source: below the shipped directory.
        target: absolute path; for ``Scope.USER`` relative to the home directory.
        kind: who has to be told.
    """

    source: str
    target: str
    kind: Kind


DEVICES = (
    # The group first: udev looks it up when it reads the rule.
    Piece("offhook.sysusers", "/etc/sysusers.d/offhook.conf", Kind.SYSUSERS),
    Piece("70-offhook.rules", "/etc/udev/rules.d/70-offhook.rules", Kind.RULES),
    Piece("60-offhook.hwdb", "/etc/udev/hwdb.d/60-offhook.hwdb", Kind.HWDB),
)
SYSTEM = (
    *DEVICES,
    Piece("offhook.tmpfiles", "/etc/tmpfiles.d/offhook.conf", Kind.TMPFILES),
    Piece("system/offhook.service", "/etc/systemd/system/offhook.service", Kind.UNIT),
)
GATEWAY = (
    Piece(
        "system/offhook-gateway.service",
        "/etc/systemd/system/offhook-gateway.service",
        Kind.UNIT,
    ),
)
KIOSK = (
    Piece("kiosk/offhook-kiosk.sysusers", "/etc/sysusers.d/offhook-kiosk.conf", Kind.SYSUSERS),
    Piece("kiosk/offhook-kiosk.pam", "/etc/pam.d/offhook-kiosk", Kind.PLAIN),
    Piece(
        "kiosk/offhook-kiosk.policy.json",
        "/etc/chromium/policies/managed/offhook-kiosk.json",
        Kind.PLAIN,
    ),
    Piece("system/offhook-kiosk.service", "/etc/systemd/system/offhook-kiosk.service", Kind.UNIT),
)
USER = (
    Piece("user/offhook.service", ".config/systemd/user/offhook.service", Kind.UNIT),
    Piece("offhook.desktop", ".local/share/applications/offhook.desktop", Kind.PLAIN),
)


def pieces(choice: Choice) -> tuple[Piece, ...]:
    """Return the files of an installation, in the order in which they are written."""
    match choice.scope:
        case Scope.DEVICES:
            return DEVICES
        case Scope.USER:
            return USER
        case Scope.SYSTEM:
            kiosk = KIOSK if choice.kiosk else ()
            return (*SYSTEM, *(GATEWAY if choice.gateway else ()), *kiosk)


def services(choice: Choice) -> tuple[str, ...]:
    """Return the units that are enabled and started, in this order."""
    if choice.scope is Scope.DEVICES:
        return ()
    units = {"offhook.service": True, "offhook-gateway.service": choice.gateway}
    units["offhook-kiosk.service"] = choice.kiosk
    return tuple(unit for unit, wanted in units.items() if wanted)


def fitted(text: str, places: Mapping[str, str]) -> str:
    """Return a shipped file with the places of this machine.

    Args:
        text: of the file.
        places: what stands there -> what shall.
    """
    for packaged, here in places.items():
        text = text.replace(packaged, here)
    return text


def program_places(program: Path, browser: str = BROWSER) -> dict[str, str]:
    """Return what to replace in shipped files.

    Args:
        program: where ``offhook`` is.
        browser: where Chromium is.
    """
    # systemd takes % for a specifier and blanks for the end of the word.
    quoted = str(program).replace("%", "%%")
    quoted = f'"{quoted}"' if " " in quoted else quoted
    return {
        PACKAGED: quoted,
        PACKAGED_USER: quoted,
        "Exec=offhook ": f"Exec={quoted} ",
        "TryExec=offhook": f"TryExec={program}",
        BROWSER: browser,
    }
