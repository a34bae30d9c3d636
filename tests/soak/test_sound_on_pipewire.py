"""Everything that is promised of a PulseAudio, on PipeWire: some two minutes."""

import pytest

from tests.engine_audio.conftest import bridge
from tests.engine_audio.pipewire import pulse
from tests.engine_audio.test_echo import *  # noqa: F403  # all of them
from tests.engine_audio.test_pulse import *  # noqa: F403

pytestmark = pytest.mark.needs("pipewire")
__all__ = ["bridge", "pulse"]
