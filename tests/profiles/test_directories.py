"""Where profiles are looked for, and what lies there that is no profile."""

import os
from pathlib import Path

import pytest

from bridge.profiles.library import Identity, load_library, own_directories
from tests.profiles.sample import GOOD, write


def test_what_is_no_file_is_neither_waited_for_nor_read_without_end(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "endless.yaml").symlink_to("/dev/zero")
    (tmp_path / "directory.yaml").mkdir()
    (tmp_path / "loop.yaml").symlink_to("loop.yaml")
    (tmp_path / "nowhere.yaml").symlink_to("nothing")
    said = [str(one) for one in load_library([tmp_path]).problems][:5]
    assert [line.partition(".yaml:0: (file): found ")[2].partition(",")[0] for line in said] == [
        "Is a directory",
        "a pipe or device",
        "Too many levels of symbolic links",
        "No such file or directory",
        "a pipe or device",
    ]


def refused(*_: object) -> bool:
    raise PermissionError(13, "Permission denied")


def test_a_directory_nobody_may_read_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "iterdir", refused)
    said = str(load_library([tmp_path]).problems[0])
    assert said == (
        f"{tmp_path}:0: (directory): found Permission denied, expected a directory we may read"
    )


def test_a_directory_nobody_may_look_for_is_loaded_and_so_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Path, "is_dir", refused)
    assert own_directories() == [
        Path("/etc/offhook/device_profiles"),
        Path("~/.config/offhook/device_profiles").expanduser(),
    ]


def test_a_user_without_a_home_has_no_profiles_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless(_: Path) -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "expanduser", homeless)
    assert load_library().problems == ()


def test_a_users_own_directory_is_looked_into(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / ".config" / "offhook" / "device_profiles", GOOD)
    monkeypatch.setenv("HOME", str(tmp_path))
    library = load_library()
    assert library.choose(Identity(0x1209, 1)).profile.id == "acme-duo-100"
    assert library.choose(Identity(0x0B0E, 0x0307)).profile.id == "jabra-evolve-link"
