"""Key panels on real hidraw nodes: opened by the rule, read and lit by the real driver."""

import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.cli.main import main
from bridge.drivers.hid_panels.bus import HidPanels
from bridge.drivers.hidraw.handle import open_hidraw
from bridge.drivers.udev.monitor import UdevBus, describe_node
from bridge.drivers.virtual.xkeys_panel import DESCRIPTOR, VirtualXkeys
from bridge.model.blf import Color, KeyFace, Lamp, PanelAttached, PanelEvent, PanelKey
from bridge.model.errors import DeviceGone
from bridge.model.panels import PanelSettings
from bridge.profiles.hid_panels import ELGATO, PI_ENGINEERING, XKEYS_BY_PRODUCT
from bridge.protocols.xkeys import light
from tests.lab.virtual_usb import UhidDevice
from tests.lab_vm.service import may_use, udevadm
from tests.mqtt.waiting import eventually

SLOW_S = 120.0  # the machine is emulated, some twenty times slower
KEYBOARD = bytes.fromhex("05 01 09 06 a1 01 05 07 19 e0 29 e7 15 00 25 01 75 01 95 08 81 02 c0")
WITH_FEATURE = bytes.fromhex("06 00 ff 09 01 a1 01 85 06 15 00 26 ff 00 75 08 95 1f 09 02 b1 02 c0")
RED = KeyFace(1, "Anna", "busy", Lamp(Color.RED))


@pytest.mark.parametrize(
    ("vendor", "product", "descriptor", "is_open"),
    [
        (PI_ENGINEERING, 1089, DESCRIPTOR, True),
        (PI_ENGINEERING, 1089, KEYBOARD, False),
        (PI_ENGINEERING, 0x0007, DESCRIPTOR, False),  # a keyboard's id
        (ELGATO, 0x006D, WITH_FEATURE, True),
        (ELGATO, 0x006D, KEYBOARD, False),
        (ELGATO, 0x0FFF, WITH_FEATURE, False),
    ],
)
def test_the_rule_opens_panels_and_no_keyboard_of_their_makers(
    rule: None, vendor: int, product: int, descriptor: bytes, is_open: bool
) -> None:
    with UhidDevice(vendor, product, descriptor) as device:
        node = device.hidraw()
        udevadm("settle")
        assert may_use(node) == is_open


def test_a_feature_is_asked_for_by_its_number() -> None:
    answer = b"\x06\x04AL12".ljust(32, b"\0")
    with UhidDevice(ELGATO, 0x006D, WITH_FEATURE, feature={6: answer}) as device:
        handle = open_hidraw(describe_node(device.hidraw()))
        assert handle.read_feature(6, 32) == answer
        handle.close()
        with pytest.raises(DeviceGone):
            handle.read_feature(6, 32)


class Cable:
    """The bytes of a virtual panel on a uhid device, both ways."""

    def __init__(self, panel: VirtualXkeys) -> None:
        self._panel = panel
        self._device = UhidDevice(PI_ENGINEERING, panel.model.products[0], DESCRIPTOR)
        self._ends = threading.Event()
        self._threads = [threading.Thread(target=one) for one in (self._to_panel, self._to_host)]
        for thread in self._threads:
            thread.start()

    def _to_panel(self) -> None:
        while not self._ends.is_set():
            report = self._device.receive(0.1)
            if report:
                self._panel.handle.write(b"\0" + report.removeprefix(b"\0").ljust(35, b"\0")[:35])

    def _to_host(self) -> None:
        with contextlib.suppress(DeviceGone):
            while not self._ends.is_set():
                if report := self._panel.handle.read(0.1):
                    self._device.send(report)

    def close(self) -> None:
        self._ends.set()
        for thread in self._threads:
            thread.join()
        self._device.close()


@pytest.fixture
def panel(rule: None) -> Iterator[VirtualXkeys]:
    panel = VirtualXkeys(XKEYS_BY_PRODUCT[1089])
    cable = Cable(panel)
    yield panel
    cable.close()


async def test_x_keys_are_found_lit_and_pressed(panel: VirtualXkeys) -> None:
    events: list[PanelEvent] = []
    async with HidPanels(PanelSettings(xkeys=True), UdevBus(open_hidraw), events.append) as bus:
        await eventually(lambda: events, "the panel", SLOW_S)
        (attached,) = events
        assert isinstance(attached, PanelAttached)
        bus.show(attached.info.panel, {0: RED, 79: RED})
        await eventually(lambda: panel.lit() == {0: Color.RED, 79: Color.RED}, "lamps", SLOW_S)
        panel.move(42, down=True)
        await eventually(lambda: len(events) > 1, "the key", SLOW_S)
        pressed = events[1]
        assert isinstance(pressed, PanelKey)
        assert (pressed.key, pressed.down) == (42, True)
    unknown = {0: Color.BLUE, 79: Color.BLUE}
    await eventually(lambda: panel.lit() == unknown, "unknown lamps", SLOW_S)


async def test_what_a_killed_daemon_left_lit_is_put_out(
    panel: VirtualXkeys, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for report in light(panel.model, 0, Color.RED):  # uhid loses what is more than 32 reports ahead
        panel.handle.write(report)
    config = tmp_path / "config.yaml"
    config.write_text(f"panels: {{xkeys: true}}\nstate_dir: {tmp_path}/state\n")

    def is_told() -> bool:
        assert main(["panels", "dark", "--config", str(config)]) == 0, capsys.readouterr()
        return "is dark" in capsys.readouterr().out

    await eventually(is_told, "the panel is found", SLOW_S)
    await eventually(lambda: panel.lit() == {}, "dark", SLOW_S)
