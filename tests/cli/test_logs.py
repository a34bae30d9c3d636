"""The log: one line a message, no secrets, no whole numbers, no time where the journal has it."""

import io
import logging
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge import logs


@pytest.fixture
def stream(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """A log that goes into memory; the process's own is put back."""
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    into = io.StringIO()
    logs.set_up("info", into, {})
    yield into
    logging.captureWarnings(capture=False)
    root.handlers[:] = before
    root.setLevel(level)


def test_a_line_has_time_level_and_message(stream: io.StringIO) -> None:
    logging.getLogger("bridge.x").warning("gone: %s", "jabra")
    line = stream.getvalue()
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} warning gone: jabra\n", line)


@pytest.mark.parametrize(
    ("message", "hidden"),
    [
        ("password: hunter2", "hunter2"),
        ('Digest response="abcdef0123", nonce=xyz987', "abcdef0123"),
        ("call from +49 30 1234567", "1234567"),
        ("INVITE sip:+49301234567@pbx.example.org", "1234567"),
        ("From: <sips:0301234567@pbx>", "1234567"),
        ("tel:+49301234567", "1234567"),
    ],
)
def test_secrets_and_numbers_do_not_reach_the_log(
    stream: io.StringIO, message: str, hidden: str
) -> None:
    logging.getLogger("bridge.x").error("%s", message)
    assert hidden not in stream.getvalue()
    assert stream.getvalue()


def test_a_traceback_is_redacted_too(stream: io.StringIO) -> None:
    try:
        raise ValueError("password=hunter2")  # noqa: TRY301
    except ValueError:
        logging.getLogger("bridge.x").exception("failed")
    assert "hunter2" not in stream.getvalue()
    assert "ValueError" in stream.getvalue()
    assert all(line.startswith("    ") for line in stream.getvalue().splitlines()[1:])


def test_nobody_writes_a_line_of_his_own_into_the_log(stream: io.StringIO) -> None:
    logging.getLogger("bridge.x").info("from %s", "x\n2026-01-01 error the daemon is hacked\x1b[2J")
    assert stream.getvalue().count("\n") == 1
    assert "\x1b" not in stream.getvalue()


def test_a_message_without_end_is_cut(stream: io.StringIO) -> None:
    logging.getLogger("bridge.x").info("x" * 100_000)
    assert len(stream.getvalue()) < logs.LONGEST + 100


def test_debug_is_said_only_when_asked_for(stream: io.StringIO) -> None:
    logging.getLogger("bridge.x").debug("bytes")
    assert stream.getvalue() == ""
    logs.set_up("debug", stream, {})
    logging.getLogger("bridge.x").debug("bytes")
    logging.getLogger("asyncio").debug("poll took 1 ms")
    assert "bytes" in stream.getvalue()
    assert "poll" not in stream.getvalue()


def test_the_last_words_of_a_thread_are_redacted(stream: io.StringIO) -> None:
    def fail() -> None:
        raise RuntimeError("token=abc123")

    thread = threading.Thread(target=fail, name="hid reader")
    thread.start()
    thread.join()
    assert "hid reader ended by a mistake" in stream.getvalue()
    assert "abc123" not in stream.getvalue()


@pytest.mark.parametrize(("level", "priority"), [("info", 6), ("warning", 4), ("error", 3)])
def test_the_journal_gets_priorities_and_no_time(tmp_path: Path, level: str, priority: int) -> None:
    code = (
        "import logging, os, sys; from bridge import logs\n"
        "at = os.fstat(2); env = {'JOURNAL_STREAM': f'{at.st_dev}:{at.st_ino}'}\n"
        "logs.set_up('info', env=env)\n"
        f"logging.getLogger('bridge').{level}('hello')"
    )
    with (tmp_path / "journal").open("w") as journal:
        subprocess.run([sys.executable, "-c", code], stderr=journal, check=True, timeout=10)
    assert (tmp_path / "journal").read_text() == f"<{priority}>hello\n"


def test_a_terminal_of_a_service_is_not_the_journal(tmp_path: Path) -> None:
    with (tmp_path / "log").open("w") as file:
        at = os.fstat(file.fileno())
        assert logs.is_journal(file, {"JOURNAL_STREAM": f"{at.st_dev}:{at.st_ino}"})
        assert not logs.is_journal(file, {"JOURNAL_STREAM": f"{at.st_dev}:{at.st_ino + 1}"})
        assert not logs.is_journal(file, {})
    assert not logs.is_journal(io.StringIO(), {"JOURNAL_STREAM": "1:2"})
