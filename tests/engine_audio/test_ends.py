"""The ends of the bridge: what is nobody's, and ticks that are made up for. Time is counted."""

import pytest

from bridge.engine.audio.bare_rigs import SilentRig
from bridge.engine.audio.ends import DRY_PACE_S, DRY_TICKS, PACE_S, RigEnds
from bridge.engine.audio.extras import Ear
from bridge.engine.audio.health import Health
from bridge.engine.audio.pcm import FRAME_S
from bridge.model.sound import SoundBackend, SoundSettings

SETTINGS = SoundSettings(SoundBackend.SILENT)
FRAME = bytes(640)


class Watched(SilentRig):
    """Notes what it is told."""

    def __init__(self, *, has_sound: bool = True) -> None:
        super().__init__(SETTINGS)
        self.forgot = 0
        self.late: list[bool] = []
        self._has_sound = has_sound

    def unheard(self) -> None:
        self.forgot += 1

    def has_sound(self) -> bool:
        return self._has_sound

    def take(self, *, late: bool = False) -> bytes:
        self.late.append(late)
        return super().take()


class Bridge:
    """Ticks when it is told to, and knows how long the ends kept it."""

    def __init__(self, rig: Watched) -> None:
        self.at_s = 100.0
        self.slept: list[float] = []
        ear = Ear(SETTINGS.rate_hz)
        self._ends = RigEnds(SETTINGS, Health(lambda _: None), ear, lambda: self.at_s, self._sleep)
        self._ends.rig = rig

    def _sleep(self, seconds: float) -> None:
        self.slept.append(round(seconds, 4))
        self.at_s += seconds

    def tick(self, after_s: float, *, is_muted: bool = False) -> None:
        self.at_s += after_s
        if not is_muted:
            self._ends.take()
        self._ends.put(FRAME)


def test_the_microphone_forgets_in_each_tick_in_which_nobody_hears_it() -> None:
    bridge = Bridge(rig := Watched())
    for is_muted in (False, False, True, True, True, False, False):
        bridge.tick(FRAME_S, is_muted=is_muted)
    assert rig.forgot == 3


def test_ticks_in_time_are_never_held_up() -> None:
    bridge = Bridge(rig := Watched())
    for after_s in (0.02, 0.017, 0.023, 0.2, 0.02):
        bridge.tick(after_s)
    assert bridge.slept == []
    assert rig.late == [False] * 5


@pytest.mark.parametrize(
    ("has_sound", "slept"),
    [(True, [PACE_S] * 5), (False, [DRY_PACE_S] * DRY_TICKS + [PACE_S] * 2)],
)
def test_ticks_that_are_made_up_for_let_others_work_in_between(
    has_sound: bool, slept: list[float]
) -> None:
    bridge = Bridge(rig := Watched(has_sound=has_sound))
    for after_s in (0.3, 0.0, 0.0, 0.0, 0.0, 0.0, 0.02, 0.02):
        bridge.tick(after_s)
    assert bridge.slept == slept
    assert rig.late == [False, False, *[True] * 5, False], "noticed a tick late, and forgotten"
