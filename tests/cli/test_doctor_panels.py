"""The doctor looks at key panels: there or not, open or not, wanted or not."""

from pathlib import Path

import pytest

from bridge.cli.checks.finding import State
from bridge.cli.checks.panels import panels
from bridge.drivers.hid_panels import streamdeck
from bridge.drivers.virtual.deck import PRODUCT, VENDOR
from bridge.model.panels import PanelSettings
from tests.cli.made_up_machine import MadeUp


def said(made_up: MadeUp, settings: PanelSettings) -> list[tuple[State, str]]:
    return [(one.state, one.text) for one in panels(made_up.machine, settings)]


@pytest.fixture
def made_up(tmp_path: Path) -> MadeUp:
    """A machine with a serial panel and a label printer on USB."""
    made_up = MadeUp(tmp_path)
    for name, product in (("ttyACM0", "Offhook panel 16"), ("ttyACM1", "Label printer")):
        usb = f"sys/devices/usb1/{name}"
        made_up.write(f"{usb}/idVendor", "1209\n")
        made_up.write(f"{usb}/product", product + "\n")
        interface = made_up.write(f"{usb}/interface/uevent", "").parent
        link = made_up.write(f"sys/class/tty/{name}/dev", "166:0\n").parent / "device"
        link.symlink_to(interface)
    return made_up


def plug_deck(made_up: MadeUp) -> None:
    usb = "sys/devices/usb1/1-4"
    hid = f"{usb}/1-4:1.0/0003:0FD9:006D.0001"
    made_up.write(f"{usb}/idVendor", "0fd9\n")
    made_up.write(f"{usb}/product", "Stream Deck\n")
    made_up.write(f"{hid}/report_descriptor", b"\x06\x00\xff")
    made_up.write(f"{hid}/uevent", f"HID_ID=0003:{VENDOR:08X}:{PRODUCT:08X}\nHID_NAME=Deck\n")
    node = made_up.write("sys/class/hidraw/hidraw0/dev", "1:1\n").parent
    (node / "device").symlink_to(made_up.root / hid)


def test_a_panel_that_calls_itself_ours_is_found(made_up: MadeUp) -> None:
    text = f"Offhook panel 16 on {made_up.root}/dev/ttyACM0"
    assert said(made_up, PanelSettings()) == [(State.OK, text)]


def test_a_panel_that_is_closed_to_us_is_told_with_the_rule_as_way_out(made_up: MadeUp) -> None:
    made_up.is_open = False
    (found,) = panels(made_up.machine, PanelSettings())
    assert found.state is State.ERROR
    assert found.text == f"no access to Offhook panel 16 on {made_up.root}/dev/ttyACM0"
    assert "setup --devices-only" in found.fix


def test_configured_ports_are_told_one_by_one(made_up: MadeUp) -> None:
    made_up.write("dev/ttyUSB0", "")
    settings = PanelSettings(serial=("/dev/ttyUSB0", "/dev/ttyUSB7"), finds_serial=False)
    assert said(made_up, settings) == [
        (State.OK, "/dev/ttyUSB0, named in panels.serial"),
        (State.WARNING, "there is no /dev/ttyUSB7"),
    ]


def test_a_stream_deck_nobody_asked_for_is_left_alone(made_up: MadeUp) -> None:
    plug_deck(made_up)
    text = f"Stream Deck on {made_up.root}/dev/hidraw0 is left alone"
    assert said(made_up, PanelSettings(finds_serial=False)) == [(State.INFO, text)]


def test_a_missing_library_is_told(made_up: MadeUp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streamdeck, "is_installed", lambda: False)
    (found,) = panels(made_up.machine, PanelSettings(finds_serial=False, streamdeck=True))
    assert (found.state, found.fix) == (State.ERROR, streamdeck.INSTALL)
