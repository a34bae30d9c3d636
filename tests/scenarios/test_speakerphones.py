"""What stands in the room is known to the sound: its echo is to be cancelled."""

from pathlib import Path

import pytest

from tests.scenarios.desk import desk_with
from tests.scenarios.families import EVOLVE_LINK, POWERCONF


@pytest.mark.parametrize(
    ("dump", "expected"),
    [(POWERCONF, {"291a:3301"}), (EVOLVE_LINK, set())],
)
async def test_a_speakerphone_that_is_plugged_in_is_known_to_the_sound(
    tmp_path: Path, dump: str, expected: set[str]
) -> None:
    async with desk_with(tmp_path, dump) as desk:
        assert {usb_id for sound in desk.line.sounds for usb_id in sound.speakerphones} == expected
