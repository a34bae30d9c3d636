"""``offhook demo --auto``: the story played and checked, with a report line per step."""

import sys

from bridge.demo.play import Player
from bridge.demo.report import (
    first_error,
    step_json,
    summary_json,
    table_foot,
    table_head,
    table_row,
)
from bridge.demo.scene import Scene, Setting
from bridge.demo.texts import introduce
from bridge.demo.verdict import StepResult


async def play_automatically(setting: Setting, *, as_json: bool) -> int:
    """Play, print, and return 0 if everything was as expected, else 1.

    Raises:
        BridgeError: it cannot be played.
    """
    async with Scene(setting) as scene:
        await scene.ready()
        if not as_json:
            print("\n".join([*introduce(scene), *scene.notes, "", table_head()]), flush=True)
        summary = await Player(scene, _print_json if as_json else _print_row).play()
        if as_json:
            print(summary_json(summary, scene), flush=True)
        else:
            print("\n".join(["", *table_foot(summary)]), flush=True)
    if not summary.ok:
        print(f"offhook demo: {first_error(summary)}", file=sys.stderr)
    return 0 if summary.ok else 1


def _print_json(result: StepResult) -> None:
    print(step_json(result), flush=True)


def _print_row(result: StepResult) -> None:
    print(table_row(result), flush=True)
