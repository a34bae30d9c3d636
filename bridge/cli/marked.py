"""The number that is marked on the screen: the primary selection of the user's session.

No library of ours talks to the screen; the desktop's own programs do: wl-paste (wl-clipboard) under
Wayland, xclip or xsel under X.
"""

import os
import re
import subprocess
from collections.abc import Mapping

from bridge.cli.client import RefusedError
from bridge.model.redaction import printable

READERS = (
    ("WAYLAND_DISPLAY", ("wl-paste", "--primary", "--no-newline")),
    ("DISPLAY", ("xclip", "-out", "-selection", "primary")),
    ("DISPLAY", ("xsel", "--output", "--primary")),
)
"""What a session has to say that it has, and the program that reads its selection then."""

READ_S = 3.0  # an owner of the selection that hangs keeps the reader waiting
LONGEST = 40  # characters: 15 digits of E.164 with signs between them

# As people write numbers. No star codes: what a page shows shall not redirect calls.
_NUMBER = re.compile(r"(?i)(?:tel\.?:?\s*)?(\+?[0-9(][0-9\s()/.–-]+[0-9])")


def marked(environment: Mapping[str, str] = os.environ) -> str:
    """Return the number that is marked on the screen.

    Raises:
        RefusedError: none is, or nothing here can read it; the sentence says what to do.
    """
    text = _selection(environment).strip()
    found = _NUMBER.fullmatch(text) if len(text) <= LONGEST else None
    if found is None:
        shown = f"{printable(text, 16)!r}" if text else "nothing"
        raise RefusedError(f"found {shown} marked, expected a telephone number and nothing else")
    return found[1]


def _selection(environment: Mapping[str, str]) -> str:
    possible = [command for variable, command in READERS if environment.get(variable)]
    for command in possible:
        try:
            done = subprocess.run(
                command, capture_output=True, timeout=READ_S, check=False, env=dict(environment)
            )
        except FileNotFoundError:
            continue
        except (OSError, subprocess.TimeoutExpired) as error:
            raise RefusedError(f"{command[0]} cannot read what is marked: {error}") from error
        return done.stdout.decode(errors="replace") if done.returncode == 0 else ""
    if not possible:
        raise RefusedError("this is no session with a screen: name the number to call")
    programs = " or ".join(command[0] for command in possible)
    raise RefusedError(f"nothing here can read what is marked: install {programs}")
