"""The section ``panels``: which key panels are used."""

import pytest

from bridge.model.panels import PanelSettings
from tests.config.loading import Load, problems


def test_without_a_word_only_panels_that_say_they_are_ours_are_used(load: Load) -> None:
    settings = load("").panels
    assert settings == PanelSettings()
    assert settings.finds_serial
    assert not settings.streamdeck
    assert not settings.xkeys


def test_what_is_named_is_used(load: Load) -> None:
    text = (
        "panels:\n  serial: [/dev/ttyUSB0]\n  baud: 19200\n  find_serial: false\n"
        "  streamdeck: true\n  xkeys: true\n  brightness: 100\n"
    )
    assert load(text).panels == PanelSettings(
        serial=("/dev/ttyUSB0",),
        baud=19200,
        finds_serial=False,
        streamdeck=True,
        xkeys=True,
        brightness=100,
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "panels:\n  serial: [ttyUSB0]\n",
            'panels.serial[0]: found "ttyUSB0", expected the path of',
        ),
        (
            "panels:\n  serial: [/dev/ttyS0, /dev/ttyS0]\n",
            "panels.serial[1]: found /dev/ttyS0 once more, expected each port once",
        ),
        ("panels:\n  baud: 1200\n", "panels.baud: found 1200, expected"),
        ("panels:\n  brightness: 101\n", "panels.brightness: found 101, expected"),
    ],
)
def test_what_cannot_be_is_told_with_its_place(load: Load, text: str, said: str) -> None:
    (problem,) = problems(load, text)
    assert said in problem
