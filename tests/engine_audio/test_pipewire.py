"""The same promises on PipeWire and its pulse server; ``tests/soak`` asks for all of them."""

import pytest

from .conftest import PulseServer, wait_until
from .pipewire import pulse
from .test_echo import test_the_server_has_it_in_calls_only
from .test_pulse import (
    MakeBridge,
    opened,
    test_an_unknown_speaker_falls_back_to_the_default_one,
    test_devices_can_be_listed,
    test_the_microphone_is_heard,
)

pytestmark = pytest.mark.needs("pipewire")
__all__ = [
    "pulse",
    "test_an_unknown_speaker_falls_back_to_the_default_one",
    "test_devices_can_be_listed",
    "test_the_microphone_is_heard",
    "test_the_server_has_it_in_calls_only",
]


def test_it_is_pipewire_that_answers(pulse: PulseServer) -> None:
    assert "on PipeWire" in pulse.ctl("info").stdout


def test_the_speaker_is_the_default_one_also_when_another_becomes_it(
    pulse: PulseServer, bridge: MakeBridge
) -> None:
    one = opened(bridge, speaker="")
    one.say_hz = 700
    with pulse.listening("bell") as bell, pulse.listening("ear") as ear:
        pulse.ctl("set-default-sink", "bell")
        assert wait_until(lambda: bell.tone_dbfs(700) > -20)
        pulse.ctl("set-default-sink", "ear")
        assert wait_until(lambda: ear.tone_dbfs(700) > -20)
    assert one.notices == []
