"""Plays the story: does each step, waits for what it has to bring about, measures."""

import asyncio
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from bridge.demo.happenings import Happenings
from bridge.demo.scene import Scene
from bridge.demo.story import Hearing, Step, Story
from bridge.demo.tones import HEARD_DBFS, SILENT_DBFS, Levels, levels
from bridge.demo.verdict import Status, StepResult, Summary
from bridge.model.errors import TransportError
from bridge.model.hid import Conduct

WITHIN_S = 3.0  # each expectation; measured 1 to 15 ms
SOUND_WITHIN_S = 5.0  # each tone, on and off; measured below 0.5 s with the window of 0.2 s
PACE_S = 0.1  # a hand's pause on top of the times in which headsets' own reports are disbelieved

OnResult = Callable[[StepResult], None]


@dataclass
class Player:
    """Plays one story.

    Args:
        scene: ready.
        on_result: told each step when it is over.
        on_begin: told each step before it begins.
    """

    scene: Scene
    on_result: OnResult
    on_begin: Callable[[Step], None] = lambda _step: None
    results: list[StepResult] = field(default_factory=list)

    async def play(self) -> Summary:
        """Play all steps; after the first that fails the others make no sense and are not run.

        Where no calls are possible the keys are shown, and the summary says why it is no success.

        Raises:
            TransportError: there is no virtual headset whose keys could be pressed.
        """
        began_s = time.monotonic()
        headset, device = self.scene.setting.headset, self.scene.device
        if headset is None or device is None:
            raise TransportError("the story needs a virtual headset: leave out --real")
        story = Story(self.scene, headset, device)
        steps = story.steps() if self.scene.can_call else story.device_steps()
        await self._play(steps, device.conduct)
        missing = "" if self.scene.can_call else self.scene.notes[-1]
        return Summary(tuple(self.results), time.monotonic() - began_s, missing)

    async def _play(self, steps: Iterable[Step], conduct: Conduct) -> None:
        failed = False
        for step in steps:
            if failed:
                self._over(StepResult(step.name, step.does, Status.NOT_RUN))
            elif step.lacking:
                self._over(StepResult(step.name, step.does, Status.SKIPPED, note=step.lacking))
            else:
                self.on_begin(step)
                result = await self._step(step, self.scene.happenings)
                self._over(result)
                failed = result.status is Status.FAILED
                await asyncio.sleep(pause_s(conduct))  # nobody presses faster

    def _over(self, result: StepResult) -> None:
        self.results.append(result)
        self.on_result(result)

    async def _step(self, step: Step, happenings: Happenings) -> StepResult:
        began_s = time.monotonic()
        step.act()

        def all_seen() -> bool:
            return all(one.seen_at(began_s) is not None for one in step.expects)

        await happenings.until(all_seen, WITHIN_S)
        latency: dict[str, float] = {}
        problems = []
        for one in step.expects:
            seen_s = one.seen_at(began_s)
            if seen_s is None:
                problems.append(one.complaint(WITHIN_S))
            else:
                latency[one.where] = max(latency.get(one.where, 0.0), (seen_s - began_s) * 1000)
        heard = None
        if step.hearing is not None and not problems:
            heard = await self._hear(step.hearing)
            problems += complaints(step.hearing, heard)
        return self._result(step, latency, heard, problems)

    async def _hear(self, wanted: Hearing) -> Levels:
        """Measure until both ends hear what they should; return the last measure."""
        deadline_s = time.monotonic() + SOUND_WITHIN_S
        while True:
            heard = await levels(self.scene.phone, self.scene.caller.engine)
            if not complaints(wanted, heard) or time.monotonic() > deadline_s:
                return heard

    def _result(
        self, step: Step, latency: dict[str, float], heard: Levels | None, problems: list[str]
    ) -> StepResult:
        headset = self.scene.setting.headset
        last = headset.writes[-1] if headset is not None and headset.writes else None
        return StepResult(
            step.name,
            step.does,
            Status.FAILED if problems else Status.PASSED,
            latency,
            lamps=tuple(sorted(last.lit)) if last else (),
            written=last.report.hex(" ") if last else "",
            heard=heard,
            note="; ".join(problems),
        )


def complaints(wanted: Hearing, heard: Levels) -> list[str]:
    """Return what is wrong with what is heard, empty when nothing is."""
    return [
        *_complaint("headset", heard.headset, wanted=wanted.headset),
        *_complaint("caller", heard.caller, wanted=wanted.caller),
    ]


def _complaint(who: str, dbfs: float, *, wanted: bool) -> list[str]:
    if wanted and dbfs < HEARD_DBFS:
        wish = f"the {who} to hear the other's tone above {HEARD_DBFS:g} dBFS"
        return [f"expected {wish}, found {dbfs:.0f} dBFS"]
    if not wanted and dbfs > SILENT_DBFS:
        wish = f"silence for the {who}, below {SILENT_DBFS:g} dBFS"
        return [f"expected {wish}, found {dbfs:.0f} dBFS"]
    return []


def pause_s(conduct: Conduct) -> float:
    """Return how long to wait between two presses so that each counts as a person's."""
    return max(conduct.hold_guard_s, conduct.pulse_s, conduct.mute_lock_s) + PACE_S
