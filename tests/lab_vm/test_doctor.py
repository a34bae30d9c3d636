"""The doctor in front of real device nodes: it names the trouble, and what it advises mends it."""

import json
import os
import pwd
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from bridge.cli.checks.access import SEE_RULE
from bridge.cli.checks.finding import Finding, State
from bridge.cli.checks.headset import headsets
from bridge.cli.checks.machine import Machine
from bridge.config.settings import HeadsetSettings
from bridge.protocols.hid_recorder import Recording
from tests.hid_dumps import ALL
from tests.lab_vm.cable import Cable, MakeCable, Uhid, UsbGadget, UsbWithSound
from tests.lab_vm.service import (
    OFFHOOK,
    ROOT,
    USER,
    install_rule,
    may_use,
    remove_rule,
    sbin,
    udevadm,
)

EVOLVE_LINK = ALL["0b0e-0307_evolve-link"].recording
NOBODYS = replace(EVOLVE_LINK, vendor=0x1209, product=0x0001)  # in no profile, no rule, no hwdb
HWDB = ROOT / "systemd" / "60-offhook.hwdb"
HWDB_PLACE = Path("/etc/udev/hwdb.d") / HWDB.name
LOCAL_RULE = Path("/etc/udev/rules.d/71-offhook-local.rules")
# The telephony application in other words: page 0B in two bytes. udev's pattern misses it.
HIDDEN = replace(
    NOBODYS,
    descriptor=EVOLVE_LINK.descriptor.replace(
        bytes.fromhex("050b0905a101"), bytes.fromhex("060b000905a101")
    ),
)
SOUND_DRIVER = Path("/sys/bus/usb/drivers/snd-usb-audio")


Plug = Callable[..., Cable]


@pytest.fixture
def plug() -> Iterator[Plug]:
    """Plugs headsets in and lets udev finish; pulls them at the end."""
    with ExitStack() as stack:

        def plug_in(make_cable: MakeCable, one: Recording = EVOLVE_LINK) -> Cable:
            cable = make_cable(one)
            if isinstance(cable, UsbGadget):
                stack.callback(cable.close)
            cable.plug()
            stack.callback(cable.pull)
            cable.hidraw()
            udevadm("settle")
            return cable

        yield plug_in


def look(check: str, machine: Machine | None = None) -> list[Finding]:
    """What the doctor finds with one check; root's view unless told otherwise."""
    _, findings = headsets(machine or Machine(), HeadsetSettings())
    return [finding for finding in findings if finding.check == check]


@pytest.fixture(params=[Uhid, UsbGadget], ids=["uhid", "usb"])
def headset(request: pytest.FixtureRequest, plug: Plug) -> Cable:
    """A Jabra Evolve Link, with and without a USB bus below it."""
    return plug(request.param)


# -- the kernel's share -------------------------------------------------------


def update_hwdb() -> None:
    """As the doctor says."""
    subprocess.run([sbin("systemd-hwdb"), "update"], check=True, timeout=200)
    udevadm("control", "--reload")
    udevadm("trigger", "-s", "input")
    udevadm("settle")


@pytest.fixture
def forget_hwdb() -> Iterator[None]:
    """Neither here nor in the next tests is the file there already."""
    if HWDB_PLACE.exists():
        HWDB_PLACE.unlink()
        update_hwdb()
    yield
    HWDB_PLACE.unlink(missing_ok=True)
    update_hwdb()


def keyboard_entries(cable: Cable) -> dict[str, str]:
    """What the hardware database says of the keys of a headset's input devices."""
    folder = Path("/sys/class/hidraw") / Path(cable.hidraw()).name / "device"
    found: dict[str, str] = {}
    for event in folder.glob("input/input*/event*"):
        asked = subprocess.run(
            [sbin("udevadm"), "test", str(event.resolve())],
            check=False,
            capture_output=True,
            text=True,
            timeout=60,
        )
        found |= re.findall(r"^(KEYBOARD_KEY_\w+)=(\S+)$", asked.stdout, re.MULTILINE)
    return found


def test_the_mute_key_is_the_desktops_until_the_advice_was_followed(
    plug: Plug, forget_hwdb: None, no_rule: None
) -> None:
    ours, other = plug(Uhid), plug(Uhid, NOBODYS)
    before = look("mute key")
    assert [finding.state for finding in before] == [State.WARNING, State.WARNING]
    assert {finding.fix for finding in before} == {SEE_RULE}
    assert "KEYBOARD_KEY_b002f" not in keyboard_entries(ours)
    HWDB_PLACE.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(HWDB, HWDB_PLACE)
    not_in_force = look("mute key")
    assert any(
        "60-offhook.hwdb is installed, but not in" in finding.fix for finding in not_in_force
    )
    update_hwdb()
    assert keyboard_entries(ours).get("KEYBOARD_KEY_b002f") == "reserved"
    assert "KEYBOARD_KEY_b002f" not in keyboard_entries(other)
    (left,) = look("mute key")
    assert left.fix == SEE_RULE
    install_rule()
    (left,) = look("mute key")
    assert "70-offhook.rules is installed, but not in force" in left.fix
    udevadm("trigger", "-s", "input")
    udevadm("settle")
    assert keyboard_entries(other).get("KEYBOARD_KEY_b002f") == "reserved"
    assert look("mute key") == []


@pytest.fixture
def forget_local_rule() -> Iterator[None]:
    """The next tests find the machine as it was."""
    yield
    LOCAL_RULE.unlink(missing_ok=True)
    udevadm("control", "--reload")


def set_another_trigger(led: Path) -> str:
    """Let the kernel switch a lamp; return by what."""
    other = next(word for word in led.read_text().split() if not word.startswith(("[", "none")))
    led.write_text(other)
    return other


def test_a_lamp_the_kernel_switches_is_freed_by_the_shipped_rule(
    headset: Cable, no_rule: None
) -> None:
    (led,) = mute_leds()
    other = set_another_trigger(led)
    (finding,) = look("led trigger")
    assert f"(trigger {other})" in finding.text
    assert f"/sys/class/leds/{led.parent.name}/trigger" in finding.fix
    assert SEE_RULE in finding.fix
    install_rule()
    (finding,) = look("led trigger")
    assert finding.fix.endswith(
        "not in force: sudo udevadm control --reload && sudo udevadm trigger -s leds"
    )
    udevadm("trigger", "-s", "leds")
    udevadm("settle")
    assert "[none]" in led.read_text()
    assert look("led trigger") == []


def test_a_lamp_the_shipped_rule_cannot_find_is_freed_by_the_line_the_doctor_gives(
    plug: Plug, forget_local_rule: None
) -> None:
    plug(Uhid, HIDDEN)
    (led,) = mute_leds()
    set_another_trigger(led)
    (finding,) = look("led trigger")
    line = finding.fix.partition("71-offhook-local.rules: ")[2].partition("; then")[0]
    LOCAL_RULE.write_text(line + "\n")
    udevadm("control", "--reload")
    udevadm("trigger", "-s", "leds")
    udevadm("settle")
    assert "[none]" in led.read_text()
    assert look("led trigger") == []


def mute_leds() -> list[Path]:
    """The mute lamps the kernel knows."""
    return sorted(Path("/sys/class/leds").glob("input*::mute/trigger"))


# -- access and other programs ------------------------------------------------


def test_a_second_program_is_named(headset: Cable) -> None:
    assert look("second program") == []
    with Path(headset.hidraw()).open("rb", buffering=0):
        (finding,) = look("second program")
    assert f"(process {os.getpid()}) has it open as well" in finding.text
    assert look("second program") == []


@pytest.fixture
def no_rule(user: None) -> Iterator[None]:
    """As before the rule was installed; it is there again afterwards."""
    remove_rule()
    yield
    install_rule()


def doctor_says(check: str) -> dict[str, str]:
    """What ``offhook doctor --json`` tells a user who is not root."""
    person = pwd.getpwnam(USER)
    asked = subprocess.run(
        [OFFHOOK, "doctor", "--json"],
        check=False,
        capture_output=True,
        text=True,
        timeout=200,
        cwd="/",
        env={"HOME": "/nonexistent", "PATH": os.environ["PATH"], "LANG": "C.UTF-8"},
        user=person.pw_uid,
        group=person.pw_gid,
        extra_groups=os.getgrouplist(USER, person.pw_gid),
    )
    assert asked.stdout, asked.stderr
    findings: list[dict[str, str]] = json.loads(asked.stdout)["findings"]
    return next(finding for finding in findings if finding["check"] == check)


def test_somebody_who_may_not_open_the_headset_is_led_to_it(plug: Plug, no_rule: None) -> None:
    cable = plug(Uhid)
    closed = doctor_says("headset")
    assert closed["state"] == "error"
    assert f"{USER} may not open {cable.hidraw()}: no udev rule" in closed["text"]
    assert closed["fix"] == SEE_RULE
    install_rule()
    person = pwd.getpwnam(USER)
    groups = frozenset(os.getgrouplist(USER, person.pw_gid))
    view = Machine(uid=person.pw_uid, groups=groups, may_open=may_use)
    (unapplied,) = look("headset", view)
    assert "was not applied" in unapplied.text
    assert "udevadm trigger -s hidraw" in unapplied.fix
    udevadm("trigger", "-s", "hidraw")
    udevadm("settle")
    (opened,) = look("headset", view)
    assert opened.state is State.OK


# -- sound --------------------------------------------------------------------


def test_the_sound_card_of_a_headset_is_found_and_missed(plug: Plug) -> None:
    plug(UsbWithSound)
    (found,) = look("headset sound")
    assert found.state is State.OK, found.text
    interface = next(SOUND_DRIVER.glob("*:1.0"))
    (SOUND_DRIVER / "unbind").write_text(interface.name)
    (missed,) = look("headset sound")
    assert missed.state is State.ERROR, missed.text
