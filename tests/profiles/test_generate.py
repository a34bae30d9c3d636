"""What is made from the profiles: pages, udev rules, hwdb."""

import re
from pathlib import Path

import pytest

from bridge.profiles.generate import generated, main, supported
from bridge.profiles.library import default_directory
from bridge.profiles.udev import hwdb, udev_rules
from tests.library import LIBRARY

ROOT = default_directory().parent
RULES = udev_rules(LIBRARY).splitlines()
RULE = re.compile(
    r'SUBSYSTEMS=="(hid", KERNELS=="000\[35\]:[0-9A-F]{4}:(\*|[0-9A-F]{4}\.\*)'
    r'|usb", (ATTRS\{idVendor\}=="[0-9a-f]{4}", )?ATTRS\{product\}=="\*(\[[A-Z][a-z]\])+\*)"'
    r', GOTO="offhook_found"'
)


@pytest.mark.parametrize("path", list(generated(ROOT)), ids=lambda path: path.name)
def test_generated_files_are_fresh(path: Path) -> None:
    assert path.read_text("utf-8") == generated(ROOT)[path]


def test_every_listed_device_is_matched_by_a_complete_line_and_one_line_gives_access() -> None:
    listed = RULES[RULES.index('LABEL="offhook_listed"') + 1 : RULES.index("", 15)]
    assert listed
    assert [line for line in listed if not RULE.fullmatch(line)] == []
    (granting,) = [line for line in RULES if "MODE=" in line or "uaccess" in line]
    assert granting == 'SUBSYSTEM=="hidraw|tty", TAG+="uaccess", GROUP="offhook", MODE="0660"'


def test_every_jump_lands_on_one_label_further_down() -> None:
    """Udev ignores a jump without a label, and what follows would apply to every device."""
    labels = [line.removeprefix("LABEL=") for line in RULES if line.startswith("LABEL=")]
    assert len(set(labels)) == len(labels)
    jumps = [(at, line.rpartition("GOTO=")[2]) for at, line in enumerate(RULES) if "GOTO=" in line]
    assert [line for at, line in jumps if f"LABEL={line}" not in RULES[at:]] == []


@pytest.mark.parametrize("usb", sorted(str(u) for p in LIBRARY.profiles for u in p.match.usb))
def test_every_listed_id_is_covered_by_a_rule(usb: str) -> None:
    vendor, product = usb.upper().split(":")
    covering = (f':{vendor}:*"', f':{vendor}:{product}.*"')
    assert [line for line in RULES if any(part in line for part in covering)]


@pytest.mark.parametrize("vendor", ["0FD9", "05F3"])
def test_panels_are_listed_one_by_one_and_never_with_keys_of_a_keyboard(vendor: str) -> None:
    """Elgato and P.I. Engineering make other HID devices, keyboards among them."""
    naming = [line for line in RULES if f":{vendor}:" in line]
    assert len(naming) == 1
    assert naming[0].endswith('GOTO="offhook_panel"')
    assert f"{vendor}:*" not in naming[0]
    at = RULES.index('LABEL="offhook_panel"')
    assert [line.rpartition(" ")[2] for line in RULES[at + 1 : at + 5]] == [
        'GOTO="offhook_panel_read"',
        'GOTO="offhook_end"',
        'LABEL="offhook_panel_read"',
        'GOTO="offhook_end"',
    ]


def test_only_serial_ports_that_say_so_are_opened() -> None:
    (tty,) = [line for line in RULES if line.startswith('SUBSYSTEM=="tty"')]
    assert 'ATTRS{product}=="[Oo][Ff][Ff][Hh][Oo][Oo][Kk] [Pp][Aa][Nn][Ee][Ll]*"' in tty


def test_makers_of_keyboards_are_not_covered_as_a_whole() -> None:
    assert not [line for line in RULES if "046D:*" in line or "413C:*" in line]
    assert not [line for line in RULES if "291A:*" in line]


def test_the_desktop_leaves_the_mute_key_of_listed_devices_alone() -> None:
    text = hwdb(LIBRARY)
    assert "evdev:input:b0003v0B0Ep*\n KEYBOARD_KEY_b002f=reserved\n" in text
    assert "evdev:input:b0003v291Ap3301*\n KEYBOARD_KEY_b002f=reserved\n" in text


def test_the_table_shows_the_evidence_of_each_profile() -> None:
    devices, _, behind = supported(LIBRARY).partition("## Headsets behind")
    rows = [line for line in devices.splitlines() if line.startswith("| ")]
    assert len(rows) == len(LIBRARY.profiles) + 2
    assert "| Jabra | Evolve Link | `0b0e:0305`, `0b0e:0307` |" in devices
    assert "| `0b0e:0307`: `dump`; others: `family` |" in devices
    assert not [row for row in rows if "`hardware`" in row]
    assert "| Jabra | Evolve 65 | Link 360, Link 370 |" in behind


def test_stale_files_fail_the_check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "device_profiles").mkdir()
    (tmp_path / "systemd").mkdir()
    directory = tmp_path / "device_profiles"
    monkeypatch.setattr("bridge.profiles.generate.default_directory", lambda: directory)
    assert main(["--check"]) == 1
    assert main([]) == 0
    assert main(["--check"]) == 0
