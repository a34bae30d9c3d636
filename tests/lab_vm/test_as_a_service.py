"""A machine becomes a room phone by ``offhook setup``, under the real systemd, and stays one.

One test after the other on one machine: each begins where the one before has ended. By its name the
file comes first in its VM: the daemon of other tests, once started, has the headsets as well.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.model.intents import Verb
from bridge.setup.shipped import shipped_directory
from tests.engine.scripted_pbx import ScriptedPbx
from tests.lab_vm import room
from tests.lab_vm.cable import Uhid
from tests.lab_vm.headset import LabHeadset

pytestmark = [
    pytest.mark.sip,
    pytest.mark.skipif(
        not Path("/run/systemd/system").exists(),
        reason="systemd does not run here (Debian: systemd, dbus): no service was tried",
    ),
]

EVOLVE_LINK = "0b0e-0307_evolve-link"
WATCHDOG_S = 20.0  # 5 in the unit; the emulated machine is twenty times slower


@pytest.fixture(scope="module")
def pbx() -> Iterator[ScriptedPbx]:
    with ScriptedPbx() as running:
        yield running


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> room.StateDisk:
    return room.StateDisk(tmp_path_factory.mktemp("disk") / "state.img")


@pytest.fixture(scope="module")
def phone(pbx: ScriptedPbx, disk: room.StateDisk) -> Iterator[None]:
    """The service, installed and started by ``offhook setup``."""
    room.lay_out_program()
    secrets = Path("/etc/offhook/secrets")
    secrets.mkdir(mode=0o700, parents=True)
    (secrets / "sip").write_text("geheim\n")
    (secrets / "sip").chmod(0o600)
    Path("/etc/offhook/config.yaml").write_text(
        f'account: {{id: desk, server: "{pbx.address}", user: "200", '
        "password_credential: secret_sip}\n"
        "audio: {backend: alsa}\n"
        "panels: {find_serial: false}\n"
    )
    # The Python of the tests lies in a home, where the service does not find its library; and what
    # is quick elsewhere takes long here: the first call imports the world's numbering plans.
    drop_in = Path("/etc/systemd/system/offhook.service.d/lab.conf")
    drop_in.parent.mkdir()
    drop_in.write_text(
        "[Service]\nEnvironment=LD_LIBRARY_PATH=/opt/python/lib\n"
        "ExecStopPost=\n"  # there is no panel, and each start of Python takes seconds
        f"TimeoutStartSec={room.PATIENCE_S:.0f}\nWatchdogSec={WATCHDOG_S:.0f}\n"
    )
    # systemd-hwdb takes as long as all the rest here, and has tests of its own.
    hwdb = Path("/etc/udev/hwdb.d/60-offhook.hwdb")
    hwdb.write_bytes((shipped_directory() / hwdb.name).read_bytes())
    said = room.run(room.OFFHOOK / "bin/offhook", "setup", "--yes")
    assert "run      systemctl start offhook.service" in said or "restart" in said
    yield
    room.run("systemctl", "stop", room.UNIT)


def test_after_setup_the_line_is_registered_and_systemd_knows(
    phone: None, pbx: ScriptedPbx
) -> None:
    assert room.shown("ActiveState") == "active"
    # Ready is said after 40 s at the latest; this machine may need longer for the line.
    ready = "ready; up: line desk, MQTT"
    room.until(lambda: room.shown("StatusText") == ready, "line and broker are up")
    assert len(pbx.registrations()) >= 1
    assert room.is_registered()


def test_the_service_is_nobody_and_reads_its_password(phone: None) -> None:
    rights = room.rights()
    assert "0" not in rights["Uid"]
    assert int(rights["CapEff"][0], 16) == 0
    assert rights["NoNewPrivs"] == ["1"]
    assert rights["Seccomp"] == ["2"]


def test_somebody_calls_and_is_answered_by_the_button_of_a_headset(
    phone: None, pbx: ScriptedPbx
) -> None:
    with LabHeadset(EVOLVE_LINK, Uhid) as headset:
        room.until(lambda: room.has_headset(headset.node), "the headset is there")

        def press() -> None:
            room.until(lambda: "ring" in headset.lit, "its lamp rings")
            headset.press("hook")

        room.is_called(pbx, "one", press)
        room.until(lambda: headset.lit == {"off_hook"}, "its lamp is on")
        room.until(lambda: any("/dev/snd/pcm" in f for f in room.open_files()), "there is sound")
        room.gives(Verb.HANGUP)
    room.until(lambda: room.state_of_call() == "", "the call is over")
    room.until(lambda: len(room.history()) == 1, "it is in the call list")


def test_a_daemon_that_hangs_is_killed_and_is_back(phone: None, pbx: ScriptedPbx) -> None:
    killed_s, back_s = room.hangs(pbx)
    print(f"killed after {killed_s:.1f} s, registered again after {back_s:.1f} s")
    assert room.shown("NRestarts") == "1"
    assert room.story().count("Watchdog timeout") == 1
    assert len(room.history()) == 1


def test_after_a_power_cut_nothing_is_lost_but_the_call(
    phone: None, pbx: ScriptedPbx, disk: room.StateDisk
) -> None:
    room.is_called(pbx, "two", lambda: room.gives(Verb.ANSWER))
    room.gives(Verb.DND_ON)
    room.until(lambda: room.status().get("do_not_disturb") is True, "do not disturb is on")
    assert len(room.history()) == 1, "a call that goes on is not in the list yet"
    disk.cut()
    room.run("systemctl", "kill", "--signal=SIGKILL", room.UNIT)
    room.run("systemctl", "stop", room.UNIT)
    disk.unmount()
    disk.mount()
    before = len(pbx.registrations())
    room.run("systemctl", "start", room.UNIT)
    room.until(lambda: len(pbx.registrations()) > before and room.is_registered(), "it is back")
    calls = room.history()
    assert [call["reason"] for call in calls] == ["Offhook ended during the call", "hung up here"]
    assert room.status()["do_not_disturb"] is True
    assert [path.name for path in room.STATE.iterdir() if "damaged" in path.name] == []
