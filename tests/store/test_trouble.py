"""Kill -9, a full disk, a damaged file, a newer one: nothing is corrupted, nothing lost unsaid."""

import asyncio
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from bridge.drivers.store import FILE_NAME, Store, StoreError, worker
from bridge.model.contacts import Contact, ContactNumber, SaveContacts
from bridge.model.history import FindHistory, Memory
from tests.store.disk import no_file_over
from tests.store.writer import call

PATIENCE_S = 10.0


async def until(condition: Callable[[], object], what: str) -> None:
    end_s = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end_s, f"not within {PATIENCE_S:.0f} s: {what}"
        await asyncio.sleep(0.005)


def content(directory: Path, question: str) -> list[tuple[object, ...]]:
    """What a stranger's SQLite reads in the file."""
    with closing(sqlite3.connect(directory / FILE_NAME)) as database:
        return database.execute(question).fetchall()


def is_whole(directory: Path) -> bool:
    return content(directory, "PRAGMA integrity_check") == [("ok",)]


# -- kill -9 ------------------------------------------------------------------


def killed_after(directory: Path, batches: int) -> int:
    """Let calls be kept, kill in between; return how many were certainly written."""
    command = [sys.executable, "-m", "tests.store.writer", str(directory)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        written = [int(writer.stdout.readline()) for _ in range(batches)][-1]
        writer.kill()
    return written


@pytest.mark.parametrize("batches", [1, 3, 10])
def test_kill_9_in_a_storm_of_writes_loses_nothing_that_was_written(
    tmp_path: Path, batches: int
) -> None:
    written = killed_after(tmp_path, batches)
    assert is_whole(tmp_path)
    (count,) = content(tmp_path, "SELECT count(*) FROM history")[0]
    assert isinstance(count, int)
    assert count >= written
    assert content(tmp_path, "SELECT call FROM history GROUP BY call HAVING count(*) > 1") == []


async def test_what_was_kept_is_there_after_a_kill(tmp_path: Path) -> None:
    written = await asyncio.to_thread(killed_after, tmp_path, 1)
    troubles: list[str] = []
    async with Store(tmp_path, 30, troubles.append, time.time) as store:
        found = await store.find_history(FindHistory(words="ada exam", limit=200))
        assert len(found.entries) >= written
    assert troubles == []


# -- a full disk --------------------------------------------------------------


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 512 KiB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = shutil.which("mount", path=f"{os.environ['PATH']}:/sbin:/usr/sbin")
    if os.geteuid() != 0 or mount is None:
        pytest.skip("only root may mount a small file system; the limit of file sizes is tested")
    made = subprocess.run(
        [mount, "-t", "tmpfs", "-o", "size=512k", "tmpfs", disk], capture_output=True, check=False
    )
    if made.returncode != 0:
        pytest.skip("no file system may be mounted here; the limit of file sizes is tested")
    yield disk
    subprocess.run(["umount", "--lazy", disk], check=True)


class Told(list[str]):
    """What the daemon would be told, newest last."""

    @property
    def now(self) -> str:
        return self[-1] if self else ""


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Told:
    monkeypatch.setattr(worker, "RETRY_S", 0.02)
    return Told()


@pytest.fixture
async def store(tmp_path: Path, told: Told) -> AsyncIterator[Store]:
    directory = tmp_path / "state"
    directory.mkdir()
    async with Store(directory, 30, told.append, time.time) as running:
        await running.find_history(FindHistory())
        yield running


async def test_on_a_full_disk_calls_wait_and_are_written_when_there_is_room(
    small_disk: Path, told: Told
) -> None:
    async with Store(small_disk, 30, told.append, time.time) as store:
        store.keep(call(1))
        await store.find_history(FindHistory())
        filler = small_disk / "filler"
        with filler.open("wb") as stream, pytest.raises(OSError, match="No space left"):
            stream.write(b"\0" * 600_000)
        for number in range(2, 102):
            store.keep(call(number, name="N" * 60))
        await until(lambda: told.now, "it is told")
        assert "make room on the disk" in told.now
        assert "wait in memory" in told.now
        found = await store.find_history(FindHistory(limit=200))
        assert found.waiting > 0
        assert len(found.entries) + found.waiting == 101
        filler.unlink()
        await until(lambda: not told.now, "it works again")
        found = await store.find_history(FindHistory(limit=200))
        assert (len(found.entries), found.waiting) == (101, 0)
    assert is_whole(small_disk)


async def test_beyond_a_quota_calls_wait_in_memory_and_none_is_lost(
    store: Store, told: Told, tmp_path: Path
) -> None:
    size = (tmp_path / "state" / f"{FILE_NAME}-wal").stat().st_size
    with no_file_over(size + 4096):
        for number in range(1, 51):
            store.keep(call(number))
        store.remember(Memory("+49301234567"))
        await until(lambda: told.now, "it is told")
        found = await store.find_history(FindHistory(limit=200))
        assert (len(found.entries), found.waiting) == (0, 50)
    await until(lambda: not told.now, "it works again")
    assert len((await store.find_history(FindHistory(limit=200))).entries) == 50
    assert await store.memory() == Memory("+49301234567")
    assert is_whole(tmp_path / "state")


async def test_what_is_more_than_memory_holds_is_counted(
    store: Store,
    told: Told,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(worker, "MOST_WAITING", 10)
    size = (tmp_path / "state" / f"{FILE_NAME}-wal").stat().st_size
    with no_file_over(size + 4096):
        for number in range(1, 26):
            store.keep(call(number))
        await until(lambda: "the oldest are given up" in told.now, "the loss is told")
    await until(lambda: not told.now, "it works again")
    found = await store.find_history(FindHistory(limit=200))
    assert [e.number[-2:] for e in found.entries] == [str(n) for n in range(25, 15, -1)]
    assert "15 changes of call list, contacts or memory were not kept" in caplog.text


async def test_a_contact_that_cannot_be_saved_is_refused_with_the_reason(
    store: Store, tmp_path: Path
) -> None:
    size = (tmp_path / "state" / f"{FILE_NAME}-wal").stat().st_size
    people = tuple(
        Contact(f"Ada Example {n}", (ContactNumber(f"+4930{n:07}"),)) for n in range(500)
    )
    with no_file_over(size + 4096), pytest.raises(StoreError, match="make room on the disk"):
        await store.save_contacts(SaveContacts(people))
    assert len(await store.save_contacts(SaveContacts(people))) == 500


async def test_a_call_in_the_queue_takes_the_place_of_its_former_self(
    store: Store, told: Told, tmp_path: Path
) -> None:
    size = (tmp_path / "state" / f"{FILE_NAME}-wal").stat().st_size
    with no_file_over(size + 4096):
        store.keep(call(1, end_ms=None))
        store.keep(call(1))
        await until(lambda: told.now, "it is told")
        assert (await store.find_history(FindHistory())).waiting == 1
    await until(lambda: not told.now, "it works again")
    assert len((await store.find_history(FindHistory())).entries) == 1


# -- no place to write --------------------------------------------------------


async def test_a_directory_that_is_gone_is_told_and_used_when_it_is_back(
    tmp_path: Path, told: Told
) -> None:
    directory = tmp_path / "not yet"
    async with Store(directory, 30, told.append, time.time) as store:
        store.keep(call(1))
        await until(lambda: told.now, "it is told")
        assert "No such file or directory" in told.now
        with pytest.raises(StoreError, match="cannot be used"):
            await store.find_history(FindHistory())
        assert await store.memory() == Memory()
        directory.mkdir()
        await until(lambda: not told.now, "it works")
        assert len((await store.find_history(FindHistory())).entries) == 1


@pytest.fixture
def locked(tmp_path: Path) -> Iterator[Path]:
    """A directory that may only be looked at."""
    tmp_path.chmod(0o500)
    yield tmp_path
    tmp_path.chmod(0o700)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
async def test_a_directory_that_may_not_be_written_is_told(locked: Path, told: Told) -> None:
    async with Store(locked, 30, told.append, time.time) as store:
        store.keep(call(1))
        await until(lambda: "let this user write" in told.now, "it is told with the way out")


# -- damaged, newer -----------------------------------------------------------


def damage_header(file: Path) -> None:
    file.write_bytes(b"not a database at all" * 500)


def damage_middle(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[4096:] = b"\xa5" * (len(data) - 4096)
    file.write_bytes(bytes(data))


def cut_off(file: Path) -> None:
    data = file.read_bytes()
    file.write_bytes(data[: len(data) // 2])


@pytest.mark.parametrize("harm", [damage_header, damage_middle, cut_off])
async def test_a_damaged_file_is_kept_aside_and_a_new_one_begun(
    tmp_path: Path, told: Told, harm: Callable[[Path], None]
) -> None:
    async with Store(tmp_path, 30, told.append, time.time) as store:
        for number in range(200):
            store.keep(call(number))
    harm(tmp_path / FILE_NAME)
    async with Store(tmp_path, 30, told.append, time.time) as store:
        store.keep(call(1000))
        found = await store.find_history(FindHistory())
        assert [entry.number for entry in found.entries] == ["+49300001000"]
        await until(lambda: "was damaged" in told.now, "it is told")
        assert f"{FILE_NAME}.damaged now" in told.now
    assert (tmp_path / f"{FILE_NAME}.damaged").exists()
    assert is_whole(tmp_path)


async def test_a_file_that_is_damaged_while_it_is_open_is_put_aside(
    store: Store, told: Told, tmp_path: Path
) -> None:
    for number in range(2000):
        store.keep(call(number))
    await store.find_history(FindHistory())
    with closing(sqlite3.connect(tmp_path / "state" / FILE_NAME)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with (tmp_path / "state" / FILE_NAME).open("r+b") as stream:
        stream.seek(4096)
        stream.write(b"\xa5" * 4096 * 40)
    store.keep(call(5000))
    store.keep(call(5001))
    await until(lambda: "was damaged" in told.now, "it is noticed")
    found = await store.find_history(FindHistory())
    assert "+49300005001" in [entry.number for entry in found.entries]


async def test_a_file_of_a_newer_version_is_left_as_it_is(tmp_path: Path, told: Told) -> None:
    with closing(sqlite3.connect(tmp_path / FILE_NAME)) as database:
        database.execute("PRAGMA user_version = 7")
    async with Store(tmp_path, 30, told.append, time.time) as store:
        store.keep(call(1))
        await until(lambda: told.now, "it is told")
        assert "written by a newer Offhook (format 7, expected 1)" in told.now
        with pytest.raises(StoreError, match="newer Offhook"):
            await store.find_history(FindHistory())
    assert content(tmp_path, "PRAGMA user_version") == [(7,)]
    assert content(tmp_path, "PRAGMA journal_mode") == [("delete",)]
    assert content(tmp_path, "SELECT * FROM sqlite_master") == []


async def test_somebody_who_locks_the_file_delays_nobody_for_ever(
    store: Store, told: Told, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(sqlite3.connect(tmp_path / "state" / FILE_NAME, isolation_level=None)) as database:
        database.execute("BEGIN IMMEDIATE")
        store.keep(call(1))
        await until(lambda: "close the other program" in told.now, "it is told")
        database.execute("ROLLBACK")
        await until(lambda: not told.now, "it works again")
    assert len((await store.find_history(FindHistory())).entries) == 1
