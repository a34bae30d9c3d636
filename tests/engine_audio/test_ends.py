"""The ends of the bridge: what the microphone says while all are muted is nobody's."""

from bridge.engine.audio.bare_rigs import SilentRig
from bridge.engine.audio.ends import RigEnds
from bridge.engine.audio.extras import Ear
from bridge.engine.audio.health import Health
from bridge.model.sound import SoundBackend, SoundSettings

SETTINGS = SoundSettings(SoundBackend.SILENT)
FRAME = bytes(640)


class Forgetful(SilentRig):
    """Counts how often it is told to forget."""

    forgot = 0

    def unheard(self) -> None:
        self.forgot += 1


def test_the_microphone_forgets_in_each_tick_in_which_nobody_hears_it() -> None:
    ends = RigEnds(SETTINGS, Health(lambda _: None), Ear(SETTINGS.rate_hz))
    ends.rig = rig = Forgetful(SETTINGS)
    for is_muted in (False, False, True, True, True, False, False):
        if not is_muted:
            ends.take()
        ends.put(FRAME)
    assert rig.forgot == 3
