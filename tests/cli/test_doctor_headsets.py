"""The doctor and headsets, on machines made up in a directory: each trouble and its way out."""

import shlex
from pathlib import Path

import pytest

from bridge.cli.checks import headset
from bridge.cli.checks import running as daemon_checks
from bridge.cli.checks import sound as sound_checks
from bridge.cli.checks.access import install_rule
from bridge.cli.checks.finding import Finding, State
from bridge.cli.checks.machine import Machine, may_open
from bridge.cli.parser import build
from bridge.config.settings import HeadsetSettings
from bridge.model.habits import HeadsetMode
from bridge.model.ids import DeviceId
from bridge.model.sound import SoundDevice, SoundKind
from tests.cli.made_up_machine import (
    EVOLVE_DESCRIPTOR,
    HIDDEN,
    MICMUTE,
    UID,
    USER,
    MadeUp,
    look,
    none_of,
    the,
)

BLACKWIRE = "047f-c053_blackwire-5220"
KEYBOARD = bytes.fromhex("05010906a101050719e029e71500250175019508810 2c0".replace(" ", ""))


# -- all is well --------------------------------------------------------------


def test_a_headset_where_all_is_well_has_nothing_to_mend(made: MadeUp) -> None:
    node = made.plug()
    made.install_rule()
    findings = look(made)
    assert {finding.state for finding in findings} == {State.OK}
    assert {finding.fix for finding in findings} == {""}
    assert f"on {node}, device 0b0e-0307-" in the(findings, "headset").text
    assert "sound card LINK" in the(findings, "headset sound").text


def test_no_headset_is_no_error(made: MadeUp) -> None:
    finding = the(look(made), "headset")
    assert finding.state is State.INFO
    assert "no telephony device is plugged in (0 other HID devices)" in finding.text


def test_this_machine_can_be_looked_at() -> None:
    machine = Machine()
    assert machine.user
    assert isinstance(machine.nodes(), list)
    assert not may_open("/nonexistent")


# -- who may open it ----------------------------------------------------------


def closed(made: MadeUp, descriptor: bytes | None = None) -> Finding:
    made.is_open = False
    made.plug(descriptor=descriptor)
    finding = the(look(made), "headset")
    assert finding.state is State.ERROR
    assert f"{USER} may not open" in finding.text
    return finding


def test_without_the_rule_the_way_out_is_the_rule(made: MadeUp) -> None:
    finding = closed(made)
    assert "no udev rule of Offhook is installed" in finding.text
    assert finding.fix == 'install the udev rule as said under "udev rule"'
    rule = the(look(made), "udev rule")
    assert rule.state is State.ERROR
    assert rule.fix == install_rule()


def test_the_line_that_installs_the_rule_names_a_program_that_is_there() -> None:
    sudo, program, *words = shlex.split(install_rule())
    assert sudo == "sudo"
    assert Path(program).is_file()
    assert build().parse_args(words).devices_only


def test_a_rule_that_is_not_the_one_of_this_version_is_told(made: MadeUp) -> None:
    made.plug()
    made.install_rule("# of last year")
    finding = the(look(made), "udev rule")
    assert finding.state is State.WARNING
    assert "70-offhook.rules is not the one of this version" in finding.text
    assert finding.fix == install_rule()


def test_a_rule_of_before_that_does_not_know_the_headset_is_to_be_installed_again(
    made: MadeUp,
) -> None:
    made.install_rule('KERNELS=="000[35]:047F:*"\nATTRS{product}=="*[Gg][Ii][Gg]*"')
    finding = closed(made)
    assert "the installed rule is of an older version and does not know it" in finding.text
    assert finding.fix == 'install the udev rule as said under "udev rule"'


def test_a_device_that_only_its_profile_makes_a_telephone_gets_a_line_of_its_own(
    made: MadeUp,
) -> None:
    made.install_rule('report_descriptor KERNELS=="000[35]:047F:*"')
    finding = closed(made, HIDDEN)
    assert "no rule names 0b0e:0307" in finding.text
    assert 'KERNELS=="0003:0B0E:0307.*"' in finding.fix
    assert 'GROUP="offhook", MODE="0660"' in finding.fix


def test_a_headset_that_is_a_keyboard_too_is_opened_only_by_somebody_who_knows(
    made: MadeUp,
) -> None:
    made.install_rule("report_descriptor")
    finding = closed(made, EVOLVE_DESCRIPTOR + KEYBOARD)
    assert "since it is a keyboard or mouse as well" in finding.text
    assert finding.fix.startswith(
        "whoever may open it can read what is typed on it; if that may be"
    )


def test_the_rule_knows_a_headset_nobody_listed_by_its_descriptor(made: MadeUp) -> None:
    made.install_rule("report_descriptor")
    assert "no group offhook" in closed(made).text


@pytest.mark.parametrize(
    "rule",
    [
        'KERNELS=="000[35]:0B0E:*"',
        'KERNELS=="000[35]:0B0E:0307.*"',
        'ATTRS{product}=="*[Ee][Vv][Oo][Ll][Vv][Ee]*"',
    ],
)
def test_a_rule_names_a_headset_by_vendor_by_id_or_by_name(made: MadeUp, rule: str) -> None:
    made.install_rule(rule)
    assert "no group offhook" in closed(made).text


def test_without_the_group_the_rule_gives_it_to_nobody(made: MadeUp) -> None:
    made.install_rule()
    assert "sudo groupadd --system offhook" in closed(made).fix


def test_a_rule_that_came_after_the_headset_has_to_be_applied(made: MadeUp) -> None:
    made.install_rule()
    made.add_group(USER, applied=False)
    finding = closed(made)
    assert "was not applied" in finding.text
    assert "udevadm trigger -s hidraw" in finding.fix


def test_somebody_without_seat_and_group_is_told_to_join_the_group(made: MadeUp) -> None:
    made.install_rule()
    made.add_group("grace")
    finding = closed(made)
    assert "has no seat at this machine and is not in group offhook" in finding.text
    assert f"sudo usermod -aG offhook {USER}" in finding.fix


def test_a_new_member_has_to_log_in_again(made: MadeUp) -> None:
    made.install_rule()
    made.add_group("grace", USER)
    assert "log out and in again" in closed(made).fix


def test_at_the_seat_the_group_is_not_needed(made: MadeUp) -> None:
    made.install_rule()
    made.add_group()
    made.sit_down()
    finding = closed(made)
    assert "the access of whoever sits here has not been set" in finding.text
    assert "usermod" not in finding.fix


def test_a_node_that_has_just_gone_is_said_to_be_gone(made: MadeUp) -> None:
    Path(made.plug()).unlink()
    made.is_open = False
    assert "is gone: plug the device in again" in the(look(made), "headset").text


def test_a_missing_rule_is_a_warning_while_everything_can_be_opened(made: MadeUp) -> None:
    made.plug()
    assert the(look(made), "udev rule").state is State.WARNING


def test_root_needs_no_rule(made: MadeUp) -> None:
    made.plug()
    _, found = headset.headsets(
        Machine(made.root, 0, frozenset(), lambda _: True), HeadsetSettings()
    )
    assert none_of(found, "udev rule")


# -- other programs -----------------------------------------------------------


def test_a_second_program_is_named_with_its_process(made: MadeUp) -> None:
    node = made.plug()
    made.run(4711, "chrome", node)
    made.run(815, "teams", node, node)
    made.run(1, "systemd", "/dev/hidraw9")
    finding = the(look(made), "second program")
    assert "teams (process 815), chrome (process 4711) has it open as well" in finding.text
    assert "headset.ignore: [0b0e-0307-" in finding.fix


def test_the_daemon_is_no_second_program(made: MadeUp) -> None:
    made.run(4711, "offhook", made.plug())
    _, found = headset.headsets(made.machine, HeadsetSettings(), {4711})
    assert none_of(found, "second program")


def test_a_program_that_ends_while_it_is_looked_at_does_no_harm(made: MadeUp) -> None:
    made.plug()
    made.write("proc/99/comm", "gone")
    assert none_of(look(made), "second program")


# -- sound --------------------------------------------------------------------


def test_a_headset_whose_sound_the_kernel_did_not_take_is_an_error(made: MadeUp) -> None:
    made.plug(card=False)
    finding = the(look(made), "headset sound")
    assert finding.state is State.ERROR
    assert "sudo modprobe snd-usb-audio" in finding.fix


def test_a_device_without_sound_of_its_own_is_no_error(made: MadeUp) -> None:
    made.plug(card=False, audio=False)
    assert the(look(made), "headset sound").state is State.INFO


def test_without_usb_nothing_is_said_of_sound(made: MadeUp) -> None:
    made.plug_uhid(BLACKWIRE)
    assert none_of(look(made), "headset sound")


def test_a_headset_by_bluetooth_wants_its_dongle(made: MadeUp) -> None:
    made.plug_bluetooth("Jabra Evolve2 65")
    devices = [
        SoundDevice("bluez_output.1C_48", "Jabra Evolve2 65", SoundKind.SPEAKER),
        SoundDevice("bluez_sink.aa.monitor", "Monitor of Poly", SoundKind.MICROPHONE),
        SoundDevice("alsa_input.pci", "Built-in", SoundKind.MICROPHONE),
    ]
    (finding,) = sound_checks.bluetooth(made.machine, devices)
    assert "Jabra Evolve2 65 is connected by Bluetooth: sound works, its keys" in finding.text
    assert "USB dongle" in finding.fix


def test_without_bluetooth_nothing_is_said_of_it(made: MadeUp) -> None:
    made.plug()
    assert list(sound_checks.bluetooth(made.machine, [])) == []


# -- left alone ---------------------------------------------------------------


def test_a_headset_without_telephone_keys_is_named_with_the_reason(made: MadeUp) -> None:
    node = made.plug(descriptor=KEYBOARD)
    finding = the(look(made), "left alone")
    assert finding.state is State.INFO
    assert f"on {node} is left alone: " in finding.text
    assert f"offhook devices explain {node}" in finding.fix


def test_keyboards_of_nobody_are_only_counted(made: MadeUp) -> None:
    made.plug("1532-0511_rz19-0229", descriptor=KEYBOARD, card=False, audio=False)
    findings = look(made)
    assert none_of(findings, "left alone")
    assert "(1 other HID devices)" in the(findings, "headset").text


@pytest.mark.parametrize("key", ["ignore", "modes", "mode"])
def test_a_headset_the_configuration_leaves_alone_is_not_looked_at(made: MadeUp, key: str) -> None:
    made.plug(keys=MICMUTE)
    (one,), _ = headset.headsets(made.machine, HeadsetSettings())
    device = one.info.device
    settings = {
        "ignore": HeadsetSettings(ignore=frozenset({device})),
        "modes": HeadsetSettings(modes={device: HeadsetMode.OFF}),
        "mode": HeadsetSettings(mode=HeadsetMode.OFF),
    }[key]
    used, findings = headset.headsets(made.machine, settings)
    assert used == []
    assert f"is left alone: headset.{key}" in the(findings, "left alone").text
    assert none_of(findings, "mute key")


def test_a_mode_of_its_own_wins_over_that_of_all(made: MadeUp) -> None:
    made.plug()
    (one,), _ = headset.headsets(made.machine, HeadsetSettings())
    modes = {DeviceId(one.info.device): HeadsetMode.AUTO}
    used, _ = headset.headsets(made.machine, HeadsetSettings(HeadsetMode.OFF, modes))
    assert [u.info.device for u in used] == [one.info.device]


# -- what the daemon has ------------------------------------------------------


def daemon_view(made: MadeUp, *devices: dict[str, object]) -> list[Finding]:
    used, _ = headset.headsets(made.machine, HeadsetSettings())
    running = daemon_checks.Running({"pid": UID}, devices)
    return list(daemon_checks.headsets(running, used))


def test_a_headset_the_daemon_does_not_have_is_an_error(made: MadeUp) -> None:
    node = made.plug()
    (finding,) = daemon_view(made, {"node": "/dev/hidraw77"})
    assert finding.state is State.ERROR
    assert f"on {node} is there, but the daemon does not have it" in finding.text


def test_a_headset_the_daemon_has_is_no_news(made: MadeUp) -> None:
    node = made.plug()
    assert daemon_view(made, {"node": node, "state": {"busy_elsewhere": False, "errors": 0}}) == []


def test_another_programs_call_and_failed_writes_are_told(made: MadeUp) -> None:
    node = made.plug()
    found = daemon_view(made, {"node": node, "state": {"busy_elsewhere": True, "errors": 3}})
    assert [finding.state for finding in found] == [State.INFO, State.WARNING]
    assert "another program has a call on it" in found[0].text
    assert "3 reports or writes went wrong" in found[1].text
