"""The number that is marked on the screen, read by a program of the desktop."""

from pathlib import Path

import pytest

from bridge.cli.client import RefusedError
from bridge.cli.marked import marked


def session(directory: Path, program: str, script: str, **more: str) -> dict[str, str]:
    """A session whose selection is what a script of that name says."""
    reader = directory / program
    reader.write_text(f"#!/bin/sh\n{script}\n")
    reader.chmod(0o755)
    return {"PATH": str(directory), **more}


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("+49 (30) 1234-567", "+49 (30) 1234-567"),
        ("  089/12345 ", "089/12345"),
        ("Tel.: 0170 1234567", "0170 1234567"),
        ("112", "112"),
    ],
)
def test_a_number_is_taken_as_it_is_written(tmp_path: Path, text: str, number: str) -> None:
    there = session(tmp_path, "wl-paste", f"echo '{text}'", WAYLAND_DISPLAY="wayland-0")
    assert marked(there) == number


@pytest.mark.parametrize("program", ["xclip", "xsel"])
def test_x_has_programs_of_its_own(tmp_path: Path, program: str) -> None:
    assert marked(session(tmp_path, program, "echo 201", DISPLAY=":0")) == "201"


@pytest.mark.parametrize(
    "text", ["", "call me", "*11 0900 1234567", "1", "201 and 202", "+49" * 20, "sip:ada@example"]
)
def test_what_is_no_number_is_not_called(tmp_path: Path, text: str) -> None:
    there = session(tmp_path, "xclip", f"echo '{text}'", DISPLAY=":0")
    with pytest.raises(RefusedError, match="expected a telephone number and nothing else"):
        marked(there)


def test_a_session_without_such_a_program_says_which_there_are(tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="install xclip or xsel"):
        marked({"PATH": str(tmp_path), "DISPLAY": ":0"})
    with pytest.raises(RefusedError, match="no session with a screen"):
        marked({"PATH": str(tmp_path)})


def test_an_empty_selection_is_nothing_marked(tmp_path: Path) -> None:
    there = session(tmp_path, "xclip", "echo none >&2; exit 1", DISPLAY=":0")
    with pytest.raises(RefusedError, match="found nothing marked"):
        marked(there)
