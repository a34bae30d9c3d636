"""A desk in the VM: the daemon as a service, somebody who calls it, and headsets on cables."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast

from bridge.model.effects import EndCall, RingCall
from bridge.model.events import CallConnected, CallEnded, CallRinging
from bridge.model.ids import CallId
from bridge.model.intents import Intent, Outcome, Verb
from tests.engine.phones import Phone
from tests.lab_vm.headset import LabHeadset
from tests.lab_vm.service import SIP_PORT, Json, Service

PATIENCE_S = 40.0  # nothing took 5 s in an idle VM; its machine may be busy with other things
HAND_S = 1.0  # nobody presses faster; longer than the rest a device gets when it was plugged in


async def until(condition: Callable[[], object], what: Callable[[], str]) -> None:
    """Wait for a condition; fail with ``what()`` when it does not come true."""
    end_s = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end_s, f"not within {PATIENCE_S:.0f} s: {what()}"
        await asyncio.sleep(0.02)


@dataclass
class Desk:
    """Everything on the desk.

    Args:
        service: the daemon.
        caller: another telephone.
    """

    service: Service
    caller: Phone
    calls: list[CallId] = field(default_factory=list)
    _dialling: list[asyncio.Task[Outcome]] = field(default_factory=list)
    _touched_s: float = field(default=float("-inf"))

    # -- what happens ---------------------------------------------------------

    async def is_called(self) -> CallId:
        """Somebody calls; wait until they hear it ringing."""
        call = self.caller.dials(f"sip:200@127.0.0.1:{SIP_PORT}")
        self.calls.append(call)
        log = self.caller.log
        await until(
            lambda: log.of(CallRinging, call) or log.of(CallEnded, call),
            lambda: f"the caller hears it ringing\n{self.service.log()}",
        )
        assert log.of(CallRinging, call), f"it did not ring: {log.of(CallEnded, call)}"
        return call

    async def is_in_a_call(self, headset: LabHeadset) -> CallId:
        """Somebody calls and is answered on a headset."""
        call = await self.is_called()
        await self.shows(headset, "ring")
        await self.press(headset, "hook")
        await self.connected(call)
        await self.shows(headset, "off_hook")
        return call

    async def calls_out(self) -> CallId:
        """The daemon is told to dial; wait until it rings there. Returns the other end's call."""
        seen = len(self.caller.log.events)
        target = f"sip:{self.caller.user}@{self.caller.engine.address}"
        self._dialling.append(asyncio.create_task(self._gives(Verb.DIAL, target), name="dials"))
        arrived = await self.caller.arrival(after=seen)
        self.calls.append(arrived.call)
        self.caller.engine.order(RingCall(arrived.call))
        await self.phases_are("early")
        return arrived.call

    async def asks(self, verb: Verb) -> None:
        """Give a command off the headset, and hear that it was done."""
        assert await self._gives(verb) is Outcome.DONE

    async def _gives(self, verb: Verb, target: str = "") -> Outcome:
        """On a thread: the other telephone lives on this loop, too."""
        reply = await asyncio.to_thread(self.service.gives, Intent(verb, target=target))
        return reply.outcome

    async def press(self, headset: LabHeadset, key: str) -> None:
        """Press and release a key, at the pace of a hand."""
        await asyncio.sleep(max(0.0, self._touched_s + HAND_S - time.monotonic()))
        headset.press(key)
        self._touched_s = time.monotonic()

    async def has(self, headset: LabHeadset) -> Json:
        """Wait until the daemon has a headset that was plugged in."""
        await until(
            lambda: self._device(headset).get("state"),
            lambda: f"the daemon has {headset.dump} on {headset.node}\n{self.story(headset)}",
        )
        self._touched_s = time.monotonic()
        return self._device(headset)

    async def has_not(self, headset: LabHeadset) -> None:
        """Wait until the daemon has let go of a headset that was pulled."""
        await until(
            lambda: not self._device(headset),
            lambda: f"the daemon let go of {headset.node}\n{self.story(headset)}",
        )

    async def hangs_up_there(self, call: CallId) -> None:
        """The other end hangs up a call, and the daemon knows."""
        before = len(self.service.calls)
        self.caller.engine.order(EndCall(call))
        await self.is_over(call)
        await until(
            lambda: len(self.service.calls) < before,
            lambda: f"{before - 1} calls left\n{self.service.status()}\n{self.service.log()}",
        )

    async def clear(self) -> None:
        """End what a failed test left, so that the next one finds a free line."""
        left = [call for call in self.calls if not self.caller.log.of(CallEnded, call)]
        for call in left:
            self.caller.engine.order(EndCall(call))
        for call in left:
            await self.ended(call)
        await asyncio.gather(*self._dialling)

    # -- what is to be seen ---------------------------------------------------

    async def shows(self, headset: LabHeadset, *lamps: str) -> None:
        """Wait until exactly these lamps, of those it has, are on and its hook's echo is heard."""
        wanted = headset.family.shows(*lamps)
        await until(
            lambda: headset.lit == wanted and self._heard(headset) in {None, headset.hook},
            lambda: (
                f"expected the lamps {sorted(wanted)}, found {sorted(headset.lit)}; "
                f"hook {headset.hook}, heard as {self._heard(headset)}\n"
                f"{self.story(headset)}"
            ),
        )

    async def hears_the_hook(self, headset: LabHeadset, *, up: bool) -> None:
        """Wait until the headset's own hook is up or down, and the daemon knows."""
        await until(
            lambda: headset.hook == self._heard(headset) == up,
            lambda: f"the hook is {'up' if up else 'down'}\n{self.story(headset)}",
        )

    async def connected(self, call: CallId) -> None:
        """Wait until the caller hears that it was answered."""
        await self.caller.log.until(CallConnected, call, patience_s=PATIENCE_S)

    async def is_over(self, call: CallId) -> CallEnded:
        """Wait until the caller hears the end."""
        return await self.caller.log.until(CallEnded, call, patience_s=PATIENCE_S)

    async def ended(self, call: CallId) -> CallEnded:
        """Wait until the caller hears the end, and the daemon has no call any more."""
        ended = await self.is_over(call)
        await until(lambda: self.service.call is None, lambda: f"no call\n{self.service.log()}")
        return ended

    @property
    def phases(self) -> list[object]:
        """Where each call of the daemon is, the oldest first."""
        return [one["phase"] for one in self.service.calls]

    async def phases_are(self, *phases: str) -> None:
        """Wait until the daemon has just these calls, the first one first."""
        await until(
            lambda: self.phases == list(phases),
            lambda: f"calls {phases}\n{self.service.status()}\n{self.service.log()}",
        )

    async def is_muted(self, muted: bool) -> None:
        """Wait until the daemon says whether its microphone is muted."""
        await until(
            lambda: (self.service.call or {}).get("muted") is muted,
            lambda: f"muted is {muted}: {self.service.call}",
        )

    def story(self, headset: LabHeadset) -> str:
        """What is known, for messages of failed tests."""
        written = [report.hex(" ") for report in headset.model.written]
        return (
            f"written to it: {written}\nlost: {headset.lost}\n{self.service.status()}\n"
            f"{self.service.log()}"
        )

    def _device(self, headset: LabHeadset) -> Json:
        return self.service.device_on(headset.node) or {}

    def _heard(self, headset: LabHeadset) -> object:
        """The hook as the daemon knows it; None for one that has told of no change."""
        return cast("Json", self._device(headset).get("state") or {}).get("hook")
