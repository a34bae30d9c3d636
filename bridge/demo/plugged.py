"""Whether a real headset is plugged in, and whether to use it."""

import contextlib
import sys
from pathlib import Path

from bridge.drivers.hidraw.recognise import recognise
from bridge.drivers.udev.sysfs import SYS, node_names, read_node
from bridge.profiles.library import load_library
from bridge.protocols.hid_roles import LeftAlone


def find_real(sys_path: Path = SYS) -> str:
    """Return the name of a telephony headset of this machine, empty when there is none.

    Nothing is opened: what it is says sysfs.

    Args:
        sys_path: where sysfs is, for tests.
    """
    names = node_names(sys_path)
    library = load_library() if names else None
    for name in names:
        with contextlib.suppress(OSError):  # it has just been pulled
            if library is not None:
                found = recognise(read_node(name, sys_path), library)
                if not isinstance(found, LeftAlone):
                    return found.info.name
    return ""


def ask_for_real() -> bool:
    """Offer a headset that is plugged in; return whether the user wants it.

    Without a terminal nobody is asked, but told once.
    """
    name = find_real()
    if not name:
        return False
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        print(f"a real {name} is plugged in: offhook demo --real uses it", file=sys.stderr)
        return False
    answer = input(f"A real {name} is plugged in. Use it instead of a virtual one? [y/N] ")
    return answer.strip().lower() in {"y", "yes"}
