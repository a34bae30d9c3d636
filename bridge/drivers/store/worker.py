"""The thread that owns the file: it writes what must not be lost, and answers questions.

A *kept* job must not be lost: while the disk is full or gone it waits in memory, at most
``MOST_WAITING`` of them (the oldest are given up, counted and told), and is tried again. A job of
the same key takes the place of the one that waits. An *asked* job is tried once and its error goes
to whoever asked. Everything that waits is written, in one transaction, before a question is
answered, so that nobody misses what he has just done.
"""

import logging
import queue
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from bridge.drivers.store.database import (
    ForeignFileError,
    StoreError,
    damage,
    in_words,
    is_damage,
    open_database,
    put_aside,
)

MOST_WAITING = 1000
"""Jobs kept in memory while the disk cannot be written: 0.5 MiB; weeks of calls at a desk."""

CALL = "call:"  # how the keys of calls begin

RETRY_S = 5.0  # a person who makes room looks whether it helped

T = TypeVar("T")
Job = Callable[[sqlite3.Connection], T]

_DISK = (sqlite3.OperationalError, OSError, StoreError)

_log = logging.getLogger(__name__)

_NOT_KEPT = "%d changes of call list, contacts or memory were not kept: %s"


@dataclass(frozen=True, slots=True)
class _Kept:
    key: str
    job: Job[object]


@dataclass(frozen=True, slots=True)
class _Asked:
    job: Job[object]
    answer: Future[object]
    tidy: bool


@dataclass(frozen=True, slots=True)
class _End:
    pass


class Worker:
    """Owns one database file on one thread.

    Args:
        path: of the file; its directory exists.
        on_trouble: told on the worker's thread what is wrong with the file, empty when all is well.
    """

    def __init__(self, path: Path, on_trouble: Callable[[str], None]) -> None:
        self._path = path
        self._on_trouble = on_trouble
        self._queue: queue.SimpleQueue[_Kept | _Asked | _End] = queue.SimpleQueue()
        self._waiting: dict[str, Job[object]] = {}
        self._lost = 0
        self._connection: sqlite3.Connection | None = None
        self._trouble = ""
        self._notice = ""  # about a file that was put aside; stands until the daemon ends
        self._told = ""
        self._retry_at_s = 0.0
        self._thread = threading.Thread(target=self._run, name="store", daemon=True)

    @property
    def waiting(self) -> int:
        """How many calls are not on the disk yet because it cannot be written."""
        return sum(key.startswith(CALL) for key in tuple(self._waiting)) if self._trouble else 0

    def start(self) -> None:
        """Begin to work; returns at once."""
        self._thread.start()

    def keep(self, key: str, job: Job[object]) -> None:
        """Do this for certain, soon; never blocks. See above."""
        self._queue.put(_Kept(key, job))

    def ask(self, job: Job[T], *, tidy: bool = False) -> Future[T]:
        """Do this once; never blocks.

        Args:
            job: what.
            tidy: overwrite what it deleted in the log of the file, too.

        Returns:
            What will be its answer, or a ``StoreError``.
        """
        answer: Future[T] = Future()
        self._queue.put(_Asked(job, answer, tidy))  # type: ignore[arg-type]  # Future is invariant
        return answer

    def close(self, wait_s: float) -> None:
        """Write what waits and close the file; a disk that hangs is waited for so long."""
        self._queue.put(_End())
        self._thread.join(wait_s)
        if self._waiting:
            _log.warning(_NOT_KEPT, len(self._waiting), self._trouble)

    # -- on the thread --------------------------------------------------------

    def _run(self) -> None:
        while not isinstance(item := self._next(), _End):
            match item:
                case _Kept(key, job):
                    self._wait_with(key, job)
                    if self._queue.empty():
                        self._write()
                case _Asked(job, answer, tidy):
                    self._write()
                    self._answer(job, answer, tidy=tidy)
                case None:
                    self._write()
        self._retry_at_s = 0.0
        self._write()
        if self._connection is not None:
            self._connection.close()

    def _next(self) -> _Kept | _Asked | _End | None:
        """Return the next thing to do; None when it is time to try again."""
        if not self._waiting:
            return self._queue.get()
        try:
            return self._queue.get(timeout=max(0.0, self._retry_at_s - time.monotonic()))
        except queue.Empty:
            return None

    def _wait_with(self, key: str, job: Job[object]) -> None:
        self._waiting[key] = job  # in its old place when it had one
        if len(self._waiting) > MOST_WAITING:
            del self._waiting[next(iter(self._waiting))]
            self._lost += 1

    def _write(self) -> None:
        """Write all that waits, if it is not too early to try again."""
        if not self._waiting or time.monotonic() < self._retry_at_s:
            return
        try:
            self._transact(self._do_waiting)
        except _DISK as error:
            self._fail(error)
        except Exception:  # noqa: BLE001  # one job of ours is wrong: the others must not suffer
            self._write_singly()
        else:
            self._waiting.clear()
            self._succeed()

    def _do_waiting(self, connection: sqlite3.Connection) -> None:
        for job in self._waiting.values():
            job(connection)

    def _write_singly(self) -> None:
        for key, job in tuple(self._waiting.items()):
            try:
                self._transact(job)
            except _DISK as error:
                self._fail(error)
                return
            except Exception:  # noqa: BLE001  # task border: logged, given up
                _log.exception("store: %s cannot be kept", key.partition(":")[0])
            del self._waiting[key]

    def _answer(self, job: Job[object], answer: Future[object], *, tidy: bool) -> None:
        if not answer.set_running_or_notify_cancel():
            return
        try:
            result = self._transact(job)
            if tidy:
                self._tidy()
            answer.set_result(result)
        except StoreError as error:
            answer.set_exception(error)
        except (sqlite3.OperationalError, OSError) as error:
            answer.set_exception(StoreError(in_words(error, self._path)))
        except BaseException as error:  # noqa: BLE001  # whoever asked has to know
            answer.set_exception(error)

    def _tidy(self) -> None:
        if self._connection is not None:
            with suppress(sqlite3.Error):  # somebody reads: the log goes when the file is closed
                self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def _transact(self, job: Job[T]) -> T:
        """Do a job in one transaction; once more, in a new file, when this one is damaged."""
        try:
            return self._once(job)
        except sqlite3.DatabaseError as error:
            if not is_damage(error):
                raise
            self._begin_anew(str(error))
            return self._once(job)

    def _once(self, job: Job[T]) -> T:
        connection = self._open()
        connection.execute("BEGIN IMMEDIATE")
        try:
            result = job(connection)
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        return result

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            connection = open_database(self._path)
            self._connection = connection
            if found := damage(connection):
                self._begin_anew(found)
                return self._open()
        return self._connection

    def _begin_anew(self, why: str) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        aside = put_aside(self._path)
        self._notice = (
            f"{self._path} was damaged ({why}): it is {aside} now and a new one was begun; history "
            "and personal contacts from before are in the old one"
        )
        _log.warning("%s", self._notice)
        self._tell()

    # -- trouble --------------------------------------------------------------

    def _fail(self, error: Exception) -> None:
        self._retry_at_s = time.monotonic() + RETRY_S
        said = str(error) if isinstance(error, ForeignFileError) else in_words(error, self._path)
        lost = "; the oldest are given up, there are too many" if self._lost else ""
        self._trouble = f"{said}. Calls go on and wait in memory to be kept{lost}"
        self._tell()

    def _succeed(self) -> None:
        if self._lost:
            _log.warning(_NOT_KEPT, self._lost, "the disk was full")
            self._lost = 0
        self._trouble = ""
        self._tell()

    def _tell(self) -> None:
        text = self._trouble or self._notice
        if text != self._told:
            self._told = text
            self._on_trouble(text)
