"""One daemon per state directory: a lock that the kernel drops when its owner dies."""

import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Self

from bridge.model.errors import BridgeError, PermissionMissing, TransportError

LOCK_NAME = "daemon.lock"


class AlreadyRunningError(BridgeError):
    """Another daemon has the state directory or the control socket."""


class StateLock:
    """Makes the state directory (0700) and holds its lock while the context is open.

    The lock is an ``flock``: it ends with the process, however that ends, so that nothing stale
    can stay. The file remains; it holds the process id for the sentence to the second daemon.

    Args:
        state_dir: where the daemon keeps its state.
    """

    def __init__(self, state_dir: Path) -> None:
        self._path = state_dir / LOCK_NAME
        self._fd = -1

    def __enter__(self) -> Self:
        """Take the lock.

        Raises:
            AlreadyRunningError: another daemon has it.
            PermissionMissing, TransportError: the directory cannot be made or written.
        """
        fd = self._open()
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = os.read(fd, 20).decode("ascii", "replace").strip() or "unknown"
            os.close(fd)
            raise AlreadyRunningError(
                f"a daemon already runs on {self._path.parent} (process {owner}): stop it with "
                "`offhook stop`, or give this one another state_dir"
            ) from None
        except OSError as error:  # a file system without locks
            os.close(fd)
            raise TransportError(f"cannot lock {self._path}: {error.strerror}") from error
        os.ftruncate(fd, 0)
        os.pwrite(fd, f"{os.getpid()}\n".encode("ascii"), 0)
        self._fd = fd
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        os.ftruncate(self._fd, 0)
        os.close(self._fd)

    def _open(self) -> int:
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            return os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        except PermissionError as error:
            raise PermissionMissing(
                f"no access to {self._path}: let this user write the directory, or set state_dir"
            ) from error
        except OSError as error:
            raise TransportError(f"cannot use {self._path}: {error.strerror}") from error
