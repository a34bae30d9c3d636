"""The class of this machine and how busy it was: what a figure means nothing without."""

import datetime as dt
import os
import platform
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def machine() -> dict[str, object]:
    """What the machine is, computed."""
    return {
        "date": dt.datetime.now(tz=dt.UTC).date().isoformat(),
        "cores": os.cpu_count() or 0,
        "cpu": _cpu(),
        "virtual": _is_virtual(),
        "kernel": platform.release(),
        "system": _system(),
        "python": platform.python_version(),
    }


def sentence(facts: Mapping[str, object]) -> str:
    """The same in one line."""
    kind = " (virtual)" if facts["virtual"] else ""
    return (
        f"{facts['cores']} cores {facts['cpu']}{kind}, Linux {facts['kernel']}, "
        f"{facts['system']}, Python {facts['python']}, {facts['date']}"
    )


def _cpu() -> str:
    text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    found = re.search(r"^(?:model name|Model)\s*:\s*(.+)$", text, re.MULTILINE)
    return found[1].strip() if found else platform.machine()


def _is_virtual() -> bool:
    text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    return " hypervisor" in text


def _system() -> str:
    try:
        return platform.freedesktop_os_release().get("PRETTY_NAME", "Linux")
    except OSError:
        return "Linux"


def first_line_of(*command: str) -> str:
    """What a program says first, such as its version; empty when it is not there."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return (done.stdout or done.stderr).partition("\n")[0].strip()


def debian_version(package: str) -> str:
    """The version of an installed Debian package, without its Debian part."""
    return first_line_of("dpkg-query", "-W", "-f", "${Version}", package).partition("-")[0]


@dataclass(frozen=True, slots=True)
class Busy:
    """How busy all cores were, in seconds of CPU since the machine started."""

    used_s: float
    idle_s: float

    @classmethod
    def now(cls) -> "Busy":
        """Read it."""
        first = Path("/proc/stat").read_text(encoding="ascii").partition("\n")[0]
        ticks = [int(word) / TICKS for word in first.split()[1:9]]
        idle_s = ticks[3] + ticks[4]
        return cls(sum(ticks) - idle_s, idle_s)

    def share_since(self, before: "Busy") -> float:
        """Percent of all cores together that was used since then, by anybody."""
        used_s, idle_s = self.used_s - before.used_s, self.idle_s - before.idle_s
        return 100 * used_s / max(used_s + idle_s, 1e-9)
