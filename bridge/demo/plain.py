"""The demo where no terminal is: the story plays itself, the timeline is printed line by line."""

import sys

from bridge.demo.play import Player
from bridge.demo.report import first_error
from bridge.demo.scene import Scene, Setting
from bridge.demo.story import Step
from bridge.demo.texts import introduce
from bridge.demo.timeline import Section, Timeline
from bridge.demo.verdict import StepResult
from bridge.demo.view import row_words

HINT = "No terminal here, so the keys are pressed for you; offhook demo --auto checks every step."


async def play_plainly(setting: Setting) -> int:
    """Play the story and print what happens; return 0 if everything was as expected, else 1.

    Raises:
        BridgeError: it cannot be played.
    """
    timeline = Timeline()
    async with Scene(setting, timeline.heard, timeline.caller) as scene:
        await scene.ready()
        timeline.sections.clear()
        _print([*introduce(scene), *scene.notes, HINT])
        scene.daemon.switchboard.readers.append(timeline)
        scene.daemon.trace.add(timeline.trace)
        player = Player(
            scene, lambda result: _over(result, timeline), lambda s: _begin(s, timeline)
        )
        summary = await player.play()
    if not summary.ok:
        print(f"offhook demo: {first_error(summary)}", file=sys.stderr)
    return 0 if summary.ok else 1


def _begin(step: Step, timeline: Timeline) -> None:
    timeline.begin(step.does)


def _over(result: StepResult, timeline: Timeline) -> None:
    if result.note:
        _print(["", f"{result.does}: {result.status.value}, {result.note}"])
    elif timeline.sections:
        _print(["", *section_lines(timeline.sections[-1])])


def section_lines(section: Section) -> list[str]:
    """Return a section as lines of plain text."""
    rows = [row_words(row, section.began_s) for row in section.rows]
    return [section.title, *("".join(cells).rstrip() for cells in rows)]


def _print(lines: list[str]) -> None:
    print("\n".join(lines), flush=True)
