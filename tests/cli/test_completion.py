"""Completion: every word and option, in the shells themselves where they are installed."""

import shutil
import subprocess
from pathlib import Path

import pytest

from bridge.cli.main import main
from bridge.cli.verbs.completion import bash, fish, places, zsh

WRITERS = {"bash": bash, "zsh": zsh, "fish": fish}


def without(shell: str) -> bool:
    return shutil.which(shell) is None


@pytest.fixture
def script(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    shell = str(request.param)
    path = tmp_path / f"_offhook.{shell}"
    path.write_text(WRITERS[shell](list(places())))
    return path


def ask_bash(script: Path, *words: str) -> list[str]:
    """Return what bash offers for the last word."""
    quoted = " ".join(f"'{word}'" for word in ("offhook", *words))
    code = (
        f"source {script}; COMP_WORDS=({quoted}); COMP_CWORD={len(words)}; _offhook; "
        'printf "%s\\n" "${COMPREPLY[@]}"'
    )
    done = subprocess.run(
        ["bash", "--norc", "-c", code], capture_output=True, text=True, timeout=10, check=True
    )
    assert done.stderr == ""
    return done.stdout.split()


@pytest.mark.skipif(without("bash"), reason="bash is not installed")
@pytest.mark.parametrize("script", ["bash"], indirect=True)
@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["dev"], ["devices"]),
        (["a"], ["answer", "audio"]),
        (["devices", ""], ["dump", "explain", "list", "mode", "replay", "trace"]),
        (["--json", "devices", "l"], ["list"]),
        (["--socket", "/x", "devices", "tr"], ["trace"]),
        (["reject", "--d"], ["--decline"]),
        (["completion", ""], ["bash", "fish", "zsh"]),
        (["run", "--log"], ["--log-level"]),
    ],
)
def test_bash_offers_what_may_follow(script: Path, words: list[str], offered: list[str]) -> None:
    found = ask_bash(script, *words)
    assert sorted(word for word in found if words[-1] or not word.startswith("-")) == offered


@pytest.mark.skipif(without("bash"), reason="bash is not installed")
@pytest.mark.parametrize("script", ["bash"], indirect=True)
@pytest.mark.parametrize("before", [["--config"], ["devices", "explain"]])
def test_bash_offers_files_where_a_file_is_wanted(
    script: Path, tmp_path: Path, before: list[str]
) -> None:
    (tmp_path / "duo.hid").write_text("")
    assert ask_bash(script, *before, str(tmp_path / "du")) == [str(tmp_path / "duo.hid")]


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_the_other_shells_read_their_script_without_complaint(shell: str, tmp_path: Path) -> None:
    if without(shell):
        pytest.skip(f"{shell} is not installed")
    path = tmp_path / "script"
    path.write_text(WRITERS[shell](list(places())))
    done = subprocess.run(
        [shell, "-n", str(path)], capture_output=True, text=True, timeout=10, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.skipif(without("fish"), reason="fish is not installed")
@pytest.mark.parametrize(
    ("line", "offered"), [("offhook dev", ["devices"]), ("offhook devices tr", ["trace"])]
)
@pytest.mark.parametrize("script", ["fish"], indirect=True)
def test_fish_offers_what_may_follow(
    script: Path, line: str, offered: list[str], tmp_path: Path
) -> None:
    code = f"source {script}; complete -C '{line}'"
    done = subprocess.run(
        ["fish", "--no-config", "-c", code],
        capture_output=True,
        text=True,
        timeout=10,
        check=True,
        env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
    )
    assert [row.split("\t")[0] for row in done.stdout.splitlines()] == offered


@pytest.mark.parametrize("shell", WRITERS)
def test_every_word_is_in_every_script(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", shell]) == 0
    script = capsys.readouterr().out
    words = {choice.text.lstrip("-") for place in places() for choice in place.choices}
    assert [word for word in words if word not in script] == []
