"""What a person reads in the log: once when something breaks, once when it works again."""

import logging

import pytest

from bridge.app.journal import Journal
from bridge.app.switchboard import Switchboard
from bridge.drivers.virtual.clock import VirtualTimers
from bridge.model.events import MatterChanged, SoundChanged


@pytest.fixture
def switchboard() -> Switchboard:
    return Switchboard(VirtualTimers(), unix=lambda: 1.8e9, readers=[Journal()])


def test_a_lost_sound_card_is_said_once_and_so_is_its_return(
    switchboard: Switchboard, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    switchboard.post(SoundChanged(1.0, False, "no sound card"))
    switchboard.post(SoundChanged(2.0, False, "no sound card"))
    switchboard.post(SoundChanged(3.0, True, ""))
    switchboard.post(SoundChanged(4.0, True, ""))
    assert [r.getMessage() for r in caplog.records] == [
        "sound: no sound card",
        "sound: works again",
    ]


def test_what_a_driver_logs_itself_is_not_said_twice(
    switchboard: Switchboard, caplog: pytest.LogCaptureFixture
) -> None:
    switchboard.post(MatterChanged(1.0, "mqtt", "no broker"))
    switchboard.post(MatterChanged(1.0, "hidraw3", "no access"))
    assert caplog.records == []
