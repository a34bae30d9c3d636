"""How other programs are started here: in plain English, and never to outlive us."""

import os
import shutil
import subprocess
from collections.abc import Sequence

from bridge.model.redaction import printable

ASK_TIMEOUT_S = 3.0  # a living sound server answers pactl in 15 ms; a hung one never does


def plain_environment() -> dict[str, str]:
    """Return our environment with messages of programs in English and UTF-8."""
    return {**os.environ, "LC_ALL": "C.UTF-8"}


def dying_with_us(command: Sequence[str]) -> list[str]:
    """Return the command such that the kernel kills it when the thread that starts it ends.

    ``setpriv`` of util-linux does that before it becomes the command. Without it, programs still
    end when their pipe to us is closed, unless they hang.
    """
    guard = ["setpriv", "--pdeathsig", "KILL", "--"] if shutil.which("setpriv") else []
    return [*guard, *command]


def ask(*command: str) -> str:
    """Return what a program wrote, or an empty string if it failed, hung or is missing."""
    said, _ = order(*command)
    return said


def order(*command: str) -> tuple[str, str]:
    """Return what a program wrote, and the reason if it failed, hung or is missing."""
    try:
        done = subprocess.run(
            dying_with_us(command),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=ASK_TIMEOUT_S,
            check=False,
            env=plain_environment(),
        )
    except OSError as error:
        return "", f"cannot start {command[0]}: {error.strerror}"
    except subprocess.TimeoutExpired:
        return "", f"no answer in {ASK_TIMEOUT_S:.0f} s"
    if done.returncode != 0:
        lines = done.stderr.decode(errors="replace").strip().splitlines()
        return "", printable(lines[-1], 120) if lines else f"status {done.returncode}"
    return done.stdout.decode(errors="replace"), ""
