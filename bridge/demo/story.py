"""The story the demo plays by itself: two calls as steps, and what each has to bring about."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bridge.demo.expectation import Expectation, caller_sees, key_read, lamps, published, words
from bridge.demo.headset import DemoHeadset
from bridge.demo.listener import Body
from bridge.demo.scene import Scene
from bridge.model.events import CallConnected, CallEnded, CallRinging, Event, HoldChanged
from bridge.model.hid import Control, DeviceInfo, Lamp

BUSY_HERE = 486  # RFC 3261 section 21.4.24: what a caller sees whose call was rejected by key

_ENOUGH = {  # what people call a lamp -> lamps of a device that show it
    "off_hook": frozenset({Lamp.OFF_HOOK}),
    "ring": frozenset({Lamp.RING, Lamp.RINGER}),
    "mute": frozenset({Lamp.MUTE, Lamp.MICROPHONE}),
    "hold": frozenset({Lamp.HOLD}),
}


@dataclass(frozen=True, slots=True)
class Hearing:
    """Which end hears the other's tone after a step."""

    headset: bool
    caller: bool


@dataclass(frozen=True, slots=True)
class Step:
    """One scene of the story.

    Args:
        name: stable word for programs.
        does: what happens, for people.
        act: does it; returns at once.
        expects: what has to come, all of it.
        hearing: who hears whom after it; None = nobody is asked.
        lacking: why this headset cannot do it; empty = it can.
    """

    name: str
    does: str
    act: Callable[[], None]
    expects: tuple[Expectation, ...] = ()
    hearing: Hearing | None = None
    lacking: str = ""


class Story:
    """Makes the steps for a headset.

    Args:
        scene: ready.
        headset: the one in the scene.
        device: what the daemon made of it.
    """

    def __init__(self, scene: Scene, headset: DemoHeadset, device: DeviceInfo) -> None:
        self._scene = scene
        self._headset = headset
        self._device = device

    def steps(self) -> Iterator[Step]:
        """Yield ring, answer, mute, unmute, hold, resume, hang up; ring, reject."""
        both, nobody = Hearing(headset=True, caller=True), Hearing(headset=False, caller=False)
        one_way = Hearing(headset=True, caller=False)
        up = frozenset({"off_hook"})
        held = {"hold"} if self._device.conduct.hold_clears_off_hook else {"hold", "off_hook"}
        yield self._ring()
        answered = self._sees(CallConnected, "is connected")
        yield self._press("answer", Control.HOOK, {"ring"}, up, "connected", answered, both)
        yield self._press("mute", Control.MUTE, up, up | {"mute"}, "muted", None, one_way)
        yield self._press("unmute", Control.MUTE, up | {"mute"}, up, "unmuted", None, both)
        on_hold = self._sees(HoldChanged, "is put on hold", is_on_hold)
        yield self._press("hold", Control.FLASH, up, held, "held", on_hold, nobody)
        resumed = self._sees(HoldChanged, "is taken back from hold", lambda e: not is_on_hold(e))
        yield self._press("resume", Control.FLASH, held, up, "connected", resumed, both)
        ended = self._sees(CallEnded, "sees the end of the call")
        yield self._press("hang up", Control.HOOK, up, set(), "", ended, None)
        if Control.REJECT in self._device.controls:
            yield self._ring("ring again")
        rejected = self._sees(CallEnded, f"is refused with {BUSY_HERE}", is_busy_here)
        yield self._press("reject", Control.REJECT, {"ring"}, set(), "", rejected, None)

    def _ring(self, name: str = "ring") -> Step:
        rings = self._sees(CallRinging, "hears it ringing")
        expects = (rings, *self._shown(set(), {"ring"}), *self._told("ringing", {"ring"}))
        return Step(name, "the caller calls", self._scene.ring, expects)

    def _press(
        self,
        name: str,
        key: Control,
        before: frozenset[str] | set[str],
        after: frozenset[str] | set[str],
        phase: str,
        caller: Expectation | None,
        hearing: Hearing | None,
    ) -> Step:
        """Return a step that presses a key."""
        rises = key is not Control.HOOK or "off_hook" not in before
        expects = [key_read(self._scene, key, on=rises)] if self._is_steady(key) else []
        expects += [*self._shown(before, after), *self._told(phase, after)]
        if caller is not None:
            expects.append(caller)
        lacking = "" if key in self._device.controls else f"this headset has no {key.value} key"
        if name == "reject" and lacking:
            lacking += ", so nobody rings it again"
        return Step(
            name,
            f"press {key.value}",
            lambda: self._headset.press(key.value),
            tuple(expects),
            hearing,
            lacking,
        )

    def device_steps(self) -> Iterator[Step]:
        """Yield what can be shown without calls: keys that are read, a press taken back."""
        for key in (Control.HOOK, Control.FLASH, Control.REJECT, Control.REDIAL):
            if key in self._device.controls:
                yield Step(
                    f"{key.value} key",
                    f"press {key.value}",
                    lambda key=key: self._headset.press(key.value),  # type: ignore[misc]
                    (key_read(self._scene, key, on=True),),
                )
            if key is Control.HOOK and self._headset.temperament.reverts_s:
                back = key_read(self._scene, Control.HOOK, on=False)
                yield Step("taken back", "nobody answers", lambda: None, (back,))

    def _is_steady(self, key: Control) -> bool:
        """Whether the key's bit says what the hand does; a pulse hook rises at every press."""
        return key is not Control.HOOK or not self._headset.temperament.hook_pulse_s

    # -- what has to come -----------------------------------------------------

    def _sees(
        self, kind: type[Event], wanted: str, fits: Callable[[Event], bool] = lambda _: True
    ) -> Expectation:
        return caller_sees(self._scene.caller, kind, wanted, fits)

    def _shown(
        self, before: frozenset[str] | set[str], after: frozenset[str] | set[str]
    ) -> Iterator[Expectation]:
        """Expect the lamps of a state as far as this headset has them, if they differ at all."""
        has = {name for name, any_of in _ENOUGH.items() if any_of & self._device.lamps}
        if before & has != after & has:
            yield lamps(self._headset, frozenset(after & has))

    def _told(self, phase: str, lit: frozenset[str] | set[str]) -> Iterator[Expectation]:
        """Expect call and lamps on MQTT."""
        listener = self._scene.listener
        if listener is None:
            return
        yield published(listener, "calls", phase or "no call", lambda body: calls_say(body, phase))
        wanted = {name: name in lit for name in _ENOUGH}
        topic = f"device/{self._device.device}/state"
        yield published(
            listener,
            topic,
            f"the lamps {words(frozenset(lit))}",
            lambda body: _says(body.get("lamps"), wanted),
        )


def _says(lamps: object, wanted: dict[str, bool]) -> bool:
    """Return whether the lamps of calls are as wanted; those that show no call may be anything."""
    return isinstance(lamps, dict) and lamps | wanted == lamps


def calls_say(body: Body, phase: str) -> bool:
    """Return whether the MQTT state of calls is that of a phase, ``muted``, ``unmuted`` or none."""
    calls = body.get("calls")
    if not isinstance(calls, list):
        return False
    if not phase or not calls:
        return not phase and not calls
    if phase in {"muted", "unmuted"}:
        return calls[0].get("muted") is (phase == "muted") and body.get("muted") is (
            phase == "muted"
        )
    return bool(calls[0].get("state") == phase)


def is_on_hold(event: Event) -> bool:
    """Return whether an event says that the other end holds."""
    return isinstance(event, HoldChanged) and event.remote


def is_busy_here(event: Event) -> bool:
    """Return whether an event says that the call was refused as busy."""
    return isinstance(event, CallEnded) and event.cause.sip == BUSY_HERE
