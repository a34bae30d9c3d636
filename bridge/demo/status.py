"""What the panel says: the call, what is heard, what to do now."""

import asyncio
import contextlib
from dataclasses import dataclass, field

from bridge.demo.scene import Scene
from bridge.drivers.sip import SipEngine
from bridge.model.calls import CallView, Phase
from bridge.model.errors import TransportTimeout
from bridge.model.hid import DeviceInfo, Lamp

ASK_S = 0.25  # between two looks at the levels; the window they are taken over has 0.2 s
NOTHING_HEARD_DBFS = -120.0

_NAMES = {
    Phase.DIALING: "dialling",
    Phase.EARLY: "it rings over there",
    Phase.RINGING: "ringing",
    Phase.CONNECTED: "connected",
    Phase.HELD: "on hold",
    Phase.REMOTE_HELD: "held by the caller",
    Phase.ENDED: "over",
}


def call_words(call: CallView | None, now_s: float) -> str:
    """Return a call for people: phase, how long, codec.

    Args:
        call: None = there is none.
        now_s: Unix time.
    """
    if call is None:
        return "none"
    seconds = max(0, int(now_s - call.since_ms / 1000))
    words = [f"{_NAMES[call.phase]} {seconds // 60}:{seconds % 60:02}", f"with {who(call)}"]
    if call.codec and call.phase is Phase.CONNECTED:
        words.append(call.codec)
    return " · ".join(words)


def who(call: CallView) -> str:
    """Return the number of the other end, also out of a SIP address."""
    return call.remote.number.removeprefix("sip:").partition("@")[0]


def hint(scene: Scene, call: CallView | None, *, plugged: bool) -> str:
    """Return one sentence: what to do now."""
    real = scene.setting.headset is None
    hook = "press the headset's hook key" if real else "press space"
    if not scene.can_call:
        return "No calls on this machine; press the headset's keys and see what is read."
    if not plugged:
        return "The headset is unplugged; the call goes on without it. Press u to plug it in."
    match call.phase if call else None:
        case None:
            return "Nothing rings. Press c: the caller calls again."
        case Phase.RINGING:
            return f"It rings: {hook} to answer."
        case Phase.DIALING | Phase.EARLY:
            return f"The caller will pick up; {hook} to give up."
        case Phase.HELD:
            return "On hold: neither hears the other."
        case _:
            muted = call is not None and call.muted
            return f"Muted: the caller hears silence; {hook} to hang up." if muted else (
                f"You are talking; {hook} to hang up."
            )  # fmt: skip


def lamps_of(device: DeviceInfo | None) -> frozenset[str]:
    """Return the lamps a headset has, as people call them."""
    if device is None:
        return frozenset()
    names = {
        "off_hook": {Lamp.OFF_HOOK},
        "ring": {Lamp.RING, Lamp.RINGER},
        "mute": {Lamp.MUTE, Lamp.MICROPHONE},
        "hold": {Lamp.HOLD},
    }
    return frozenset(name for name, any_of in names.items() if any_of & device.lamps)


@dataclass
class Sounds:
    """Looks again and again what both ends hear."""

    scene: Scene
    headset: float | None = None
    caller: float | None = None
    _played: dict[str, int] = field(default_factory=dict)

    async def watch(self) -> None:
        """Look until cancelled."""
        while True:
            self.headset = await self._level("headset", self.scene.phone)
            self.caller = await self._level("caller", self.scene.caller.engine)
            await asyncio.sleep(ASK_S)

    async def _level(self, name: str, engine: SipEngine) -> float | None:
        """Return the level of the tone now, None where no sound is played."""
        with contextlib.suppress(TransportTimeout):
            stats = await engine.sound_stats()
            before = self._played.get(name, 0)
            self._played[name] = stats.played
            if stats.played > before and stats.tones:
                return stats.tones[0].dbfs
        return None
