"""The doctor and what the kernel does with a headset beside us: its mute key, its lamps."""

from pathlib import Path

import pytest

from bridge.cli.checks.finding import Finding, State
from bridge.cli.checks.kernel_input import active_trigger, has_key
from tests.cli.made_up_machine import EVOLVE, HIDDEN, MICMUTE, MadeUp, look, none_of, the

BLACKWIRE = "047f-c053_blackwire-5220"  # mute and off-hook in reports of their own
WH66 = "6993-b02b_wh66"  # one report for all lamps

# -- mute key -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("bitmap", "has"),
    [
        (MICMUTE, True),
        ("80000000000000 0 0 0", False),
        ("100000000000000 0 0", False),
        ("nonsense", False),
        ("", False),
    ],
)
def test_the_kernels_mute_key_is_seen_in_sysfs(tmp_path: Path, bitmap: str, has: bool) -> None:
    folder = tmp_path / "capabilities"
    folder.mkdir()
    (folder / "key").write_text(bitmap + "\n")
    assert has_key(tmp_path, 248) is has


def mute_key(made: MadeUp, descriptor: bytes | None = None) -> Finding:
    made.plug(keys=MICMUTE, descriptor=descriptor)
    finding = the(look(made), "mute key")
    assert finding.state is State.WARNING
    return finding


@pytest.mark.parametrize("rule", ["", 'KERNELS=="000[35]:0B0E:*"'], ids=["no rule", "an old one"])
def test_a_mute_key_the_desktop_sees_too_wants_the_rule(made: MadeUp, rule: str) -> None:
    if rule:
        made.install_rule(rule)
    assert mute_key(made).fix == 'install the udev rule as said under "udev rule"'
    assert "offhook setup --devices-only" in the(look(made), "udev rule").fix


def test_a_rule_that_has_not_taken_the_mute_key_yet_wants_to_be_applied(made: MadeUp) -> None:
    made.install_rule("report_descriptor")
    fix = mute_key(made).fix
    assert fix.startswith("70-offhook.rules is installed, but not in force: sudo udevadm control")
    assert fix.endswith("udevadm trigger -s input")


def test_a_hwdb_file_that_is_not_in_force_wants_an_update(made: MadeUp) -> None:
    made.install_hwdb()
    fix = mute_key(made).fix
    assert fix.startswith("60-offhook.hwdb is installed, but not in force: sudo")
    assert "sudo systemd-hwdb update && sudo udevadm trigger -s input" in fix


def test_a_mute_key_the_rule_cannot_find_gets_an_entry_of_its_own(made: MadeUp) -> None:
    made.install_hwdb("evdev:input:b0003v047Fp*\nevdev:input:b0003v0B0Ep2456*\n")
    fix = mute_key(made, HIDDEN).fix
    assert '"evdev:input:b0003v0B0Ep0307*" and " KEYBOARD_KEY_b002f=reserved"' in fix


def test_a_mute_key_that_udev_has_taken_is_no_matter_though_the_kernel_shows_it(
    made: MadeUp,
) -> None:
    made.plug(keys=MICMUTE)
    made.let_udev_take_the_mute_key()
    assert none_of(look(made), "mute key")


def test_a_mute_key_without_usb_below_is_seen_as_well(made: MadeUp) -> None:
    made.plug_uhid(BLACKWIRE, keys=MICMUTE)
    assert the(look(made), "mute key").state is State.WARNING


# -- lamps --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "word"),
    [("[none] a b", ""), ("none a [audio-mute] b", "audio-mute"), ("", ""), ("none a", "")],
)
def test_the_trigger_in_force_is_the_one_in_brackets(text: str, word: str) -> None:
    assert active_trigger(text) == word


def led(made: MadeUp, dump: str = WH66, descriptor: bytes | None = None) -> Finding:
    made.plug(dump, trigger="[audio-mute]", descriptor=descriptor)
    finding = the(look(made), "led trigger")
    assert finding.state is State.WARNING
    return finding


@pytest.mark.parametrize(
    ("dump", "harm"), [(WH66, "clears the off-hook bit"), (BLACKWIRE, "whatever the call says")]
)
def test_a_lamp_the_kernel_switches_is_told_with_what_it_does(
    made: MadeUp, dump: str, harm: str
) -> None:
    finding = led(made, dump)
    assert harm in finding.text
    assert "now: echo none | sudo tee /sys/class/leds/input0::mute/trigger" in finding.fix
    assert 'for good: install the udev rule as said under "udev rule"' in finding.fix


def test_a_lamp_the_installed_rule_has_not_taken_yet_wants_it_applied(made: MadeUp) -> None:
    made.install_rule('KERNELS=="000[35]:6993:*" SUBSYSTEM=="leds"')
    assert led(made).fix.endswith(
        "not in force: sudo udevadm control --reload && sudo udevadm trigger -s leds"
    )


def test_a_lamp_the_rule_cannot_find_gets_a_line_of_its_own(made: MadeUp) -> None:
    fix = led(made, EVOLVE, HIDDEN).fix
    line = 'KERNEL=="input*::mute", KERNELS=="0003:0B0E:0307.*", ATTR{trigger}="none"'
    assert f'71-offhook-local.rules: SUBSYSTEM=="leds", {line}; then' in fix
