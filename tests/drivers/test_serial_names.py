"""The names of serial panels: of model and serial number, and different from each other."""

import pytest

from bridge.drivers.serial.names import panel_info
from bridge.model.blf import Color, PanelId, Pattern
from bridge.protocols.panel_messages import Hello


def hello(model: str, serial_number: str) -> Hello:
    return Hello(
        oldest=1,
        newest=1,
        nonce=0,
        session=0,
        keys=1,
        colors=frozenset({Color.OFF}),
        patterns=frozenset({Pattern.STEADY}),
        most_payload=64,
        text_bytes=0,
        model=model,
        firmware="",
        serial=serial_number,
    )


@pytest.mark.parametrize(
    ("model", "serial_number", "name"),
    [
        ("Desk 8", "A1", "desk-8-a1"),
        ("", "", "serial-ttyacm0"),
        ("Größe", "№ 7", "gr-e-7"),
        ("x" * 48, "1234", "x" * 43 + "-1234"),
    ],
)
def test_a_panel_has_a_name_that_fits(model: str, serial_number: str, name: str) -> None:
    info = panel_info(hello(model, serial_number), None, "/dev/ttyACM0", set())
    assert info.panel == name


def test_a_serial_number_that_two_share_does_not_make_them_one() -> None:
    taken = {PanelId("desk-8-a1")}
    info = panel_info(hello("Desk 8", "A1"), None, "/dev/ttyACM1", taken)
    assert info.panel == "desk-8-a1-ttyacm1"
