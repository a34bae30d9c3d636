"""What holds for all tests: marks by directory, skips with a reason, no I/O where none belongs."""

import asyncio
import importlib.util
import os
import shutil
import socket
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

TESTS = Path(__file__).parent

# The directory says what a test is; nobody has to remember the mark.
MARK_OF_DIRECTORY = {
    "integration": "integration",
    "browser": "browser",
    "lab_vm": "lab",
    "soak": "soak",
    "fuzz": "fuzz",
    "bench": "bench",
    "hardware": "hardware",
    "interop": "interop",
}

# Tests of pure code: a socket, a child process or a real wait there is a mistake.
PURE_DIRECTORIES = frozenset(
    {"blf", "core", "protocols", "profiles", "config", "machines", "model", "kiosk"}
)

# What @pytest.mark.needs("...") may name -> the programs that must be there, and what to install.
PROGRAMS = {
    "mosquitto": (("mosquitto", "mosquitto_passwd"), "mosquitto"),
    "mosquitto-clients": (("mosquitto_sub", "mosquitto_pub"), "mosquitto-clients"),
    "kamailio": (("kamailio",), "kamailio and four of its module packages"),
    "openssl": (("openssl",), "openssl"),
    "sipp": (("sipp",), "sip-tester"),
    "baresip": (("baresip",), "baresip-core"),
    "linphone": (("linphonec",), "linphone-cli"),
    "pulseaudio": (("pulseaudio", "pactl", "parec", "pacat"), "pulseaudio, pulseaudio-utils"),
    "pipewire": (
        ("pipewire", "pipewire-pulse", "wireplumber", "dbus-daemon", "pactl", "parec", "pacat"),
        "pipewire, pipewire-pulse, wireplumber, dbus-daemon, pulseaudio-utils",
    ),
    "alsa-utils": (("arecord", "aplay"), "alsa-utils"),
    "dbus": (("dbus-daemon",), "dbus-daemon"),
    "dunst": (("dunst", "dunstctl", "dbus-send", "Xvfb"), "dunst, dbus-bin, xvfb"),
    "gio": (("gio",), "libglib2.0-bin"),
    "xdg": (("xdg-open",), "xdg-utils"),
    "mpv": (("mpv", "playerctl"), "mpv, mpv-mpris, playerctl"),
    "systemd": (("systemd-analyze", "systemctl", "systemd-sysusers"), "systemd"),
    "chromium": (("chromium",), "chromium"),
    "slapd": (("slapd", "slapadd"), "slapd"),
}
MODULES = {"pjsua2": "no pjsua2-python wheel for this machine and Python"}

# Kamailio's own modules come in packages of their own; each is known by one file.
KAMAILIO_FILES = (
    "/usr/share/kamailio/db_sqlite/presence-create.sql",
    "kamailio/modules/presence.so",
    "kamailio/modules/mqtt.so",
    "kamailio/modules/db_sqlite.so",
    "kamailio/modules/tls.so",
)

MPV_MPRIS = Path("/usr/lib/mpv-mpris/mpris.so")

hypothesis.settings.register_profile("default", deadline=None, max_examples=60)
# CI must not fail today for what it did not try yesterday: fixed seeds there.
hypothesis.settings.register_profile("ci", deadline=None, max_examples=60, derandomize=True)
hypothesis.settings.register_profile("long", deadline=None, max_examples=1500)
hypothesis.settings.load_profile(
    os.environ.get("OFFHOOK_TEST_PROFILE") or ("ci" if os.environ.get("CI") else "default")
)


# -- marks and skips ----------------------------------------------------------


def directory_of(path: Path) -> str:
    """The directory below ``tests`` a test lies in, empty for one beside this file."""
    try:
        parts = path.relative_to(TESTS).parts
    except ValueError:  # collected from elsewhere
        return ""
    return parts[0] if len(parts) > 1 else ""


def find_program(name: str) -> str | None:
    """The path of a program, also where daemons live and ordinary users do not look."""
    return shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")


def has_kamailio_modules() -> bool:
    """Whether presence, MQTT and SQLite modules are installed beside Kamailio."""
    places = [Path("/usr/lib"), *Path("/usr/lib").glob("*-linux-gnu*")]
    return all(any((place / file).exists() for place in places) for file in KAMAILIO_FILES)


def reason_to_skip(need: str) -> str | None:
    """Why a test that needs this cannot run here; None when it can."""
    if need in MODULES:
        return None if importlib.util.find_spec(need) else MODULES[need]
    if need not in PROGRAMS:
        message = f"needs({need!r}): unknown, known are {', '.join([*PROGRAMS, *MODULES])}"
        raise pytest.UsageError(message)
    programs, package = PROGRAMS[need]
    absent = [name for name in programs if not find_program(name)]
    if absent:
        return f"no program {', '.join(absent)} (Debian: {package})"
    if need == "kamailio" and not has_kamailio_modules():
        return f"not all modules of kamailio are there (Debian: {package})"
    if need == "mpv" and not MPV_MPRIS.exists():
        return f"mpv cannot be controlled here (Debian: {package})"
    return None


def needs_of(item: pytest.Item) -> list[str]:
    """Everything a test says it needs, nearest mark first, each once."""
    named = [name for mark in item.iter_markers("needs") for name in mark.args]
    if item.get_closest_marker("sip"):
        named.append("pjsua2")
    return list(dict.fromkeys(named))


@pytest.hookimpl(tryfirst=True)  # before pytest selects by mark
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark by directory and skip, with the reason, what cannot run on this machine."""
    reasons: dict[str, str | None] = {}
    for item in items:
        mark = MARK_OF_DIRECTORY.get(directory_of(item.path))
        if mark:
            item.add_marker(mark)
        for need in needs_of(item):
            if need not in reasons:
                reasons[need] = reason_to_skip(need)
            reason = reasons[need]
            if reason:
                item.add_marker(pytest.mark.skip(reason=f"needs {need}: {reason}"))
        if mark == "lab" and not os.environ.get("HARDWARE_LAB"):
            item.add_marker(pytest.mark.skip(reason="runs in the lab's VM only: ./dev lab"))


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say which groups were not tested, and how many tests that are."""
    skipped: Counter[tuple[str, str]] = Counter()
    for report in terminalreporter.getreports("skipped"):
        group = directory_of(TESTS.parent / report.nodeid.split("::")[0]) or "tests"
        why = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        skipped[group, why.removeprefix("Skipped: ")] += 1
    if skipped:
        terminalreporter.section("not tested here")
        for (group, why), count in sorted(skipped.items()):
            terminalreporter.write_line(f"{count:5d}  {group}: {why}")


# -- pure tests stay pure -----------------------------------------------------


class Purity:
    """Python's audit events, refused while a pure test runs. A hook can not be taken out again."""

    def __init__(self) -> None:
        self.active = False
        sys.addaudithook(self.hook)

    def hook(self, event: str, args: tuple[object, ...]) -> None:
        """Raise for what a pure test must not do; a loop's own socket pair is no network."""
        if not self.active:
            return
        if event in {"socket.connect", "socket.bind", "socket.getaddrinfo", "subprocess.Popen"}:
            message = f"{event} in a test of pure code: {args[1:]}"
            raise RuntimeError(message)
        if event == "socket.__new__" and args[1] in {socket.AF_INET, socket.AF_INET6}:
            message = "a network socket in a test of pure code"
            raise RuntimeError(message)


PURITY = Purity()


def refuse_to_wait(delay: float) -> None:
    """Stand in for ``time.sleep`` in tests of pure code."""
    message = f"sleep({delay}) in a test of pure code: time is data there"
    raise RuntimeError(message)


real_sleep = asyncio.sleep


async def refuse_to_sleep(delay: float, result: object = None) -> object:
    """Stand in for ``asyncio.sleep`` in tests of pure code; 0 only yields."""
    if delay > 0:
        message = f"asyncio.sleep({delay}) in a test of pure code: time is data there"
        raise RuntimeError(message)
    return await real_sleep(0, result)


@pytest.fixture(autouse=True)
def _pure(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No network, no child process and no real wait below the directories of pure code."""
    if directory_of(request.path) not in PURE_DIRECTORIES:
        yield
        return
    monkeypatch.setattr(asyncio, "sleep", refuse_to_sleep)
    monkeypatch.setattr(time, "sleep", refuse_to_wait)
    PURITY.active = True
    try:
        yield
    finally:
        PURITY.active = False
