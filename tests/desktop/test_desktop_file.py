"""The shipped desktop file: the desktop's own openers hand a link over as it was clicked."""

import os
import subprocess
import time
from pathlib import Path

import pytest

from tests.desktop.services import PATIENCE_S

FILE = Path(__file__).parents[2] / "systemd" / "offhook.desktop"
SCHEMES = ("tel", "callto", "sip", "sips")


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    """A person who has installed the file as its page says; ``offhook`` notes what it is given."""
    applications = tmp_path / ".local/share/applications"
    applications.mkdir(parents=True)
    (applications / FILE.name).write_bytes(FILE.read_bytes())
    (tmp_path / ".config").mkdir()
    defaults = "".join(f"x-scheme-handler/{one}={FILE.name}\n" for one in SCHEMES)
    (tmp_path / ".config/mimeapps.list").write_text(f"[Default Applications]\n{defaults}")
    command = tmp_path / "bin" / "offhook"
    command.parent.mkdir()
    # Whole at once, so that a reader sees no half of it.
    command.write_text('#!/bin/sh\nprintf "<%s>" "$@" >"$HOME/new" && mv "$HOME/new" "$HOME/got"\n')
    command.chmod(0o700)
    path = f"{command.parent}:{os.environ['PATH']}"
    screen = {"DISPLAY": ":0"}  # never opened; without one xdg-open looks for a text browser
    return {"HOME": str(tmp_path), "PATH": path, "XDG_RUNTIME_DIR": str(tmp_path), **screen}


@pytest.mark.parametrize(
    "opener",
    [
        pytest.param(("gio", "open"), marks=pytest.mark.needs("gio")),
        pytest.param(("xdg-open",), marks=pytest.mark.needs("xdg")),
    ],
    ids=["gio", "xdg-open"],
)
@pytest.mark.parametrize(
    "link",
    [
        "tel:+49-30-1234567",
        "callto:0301234567",
        "sip:ada@pbx.example",
        "sips:ada@pbx.example",
        "tel:1;touch $HOME/hacked;`touch hacked`",
    ],
)
def test_a_link_comes_whole_and_as_one_word(
    home: dict[str, str], opener: tuple[str, ...], link: str
) -> None:
    subprocess.run([*opener, link], env=home, check=True, capture_output=True, timeout=20)
    got = Path(home["HOME"]) / "got"
    end_s = time.monotonic() + PATIENCE_S
    while not got.exists():
        assert time.monotonic() < end_s, "the link is not handed over"
        time.sleep(0.005)
    assert got.read_text() in {f"<link><{link}>", f"<link><{link.replace(' ', '%20')}>"}
    assert not list(Path(home["HOME"]).rglob("hacked"))
