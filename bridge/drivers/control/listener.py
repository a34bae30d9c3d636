"""The listening socket: made so that only its owner can open it, and never over somebody else's."""

import os
import socket
import stat
import struct
from pathlib import Path

from bridge.drivers.control.lock import AlreadyRunningError
from bridge.model.errors import PermissionMissing, TransportError

LONGEST_PATH = 107  # bytes in sockaddr_un.sun_path without its end (unix(7))
BACKLOG = 32


def listen(path: Path) -> socket.socket:
    """Return a listening socket at ``path`` that only this user can open.

    Raises:
        AlreadyRunningError: somebody listens there.
        PermissionMissing, TransportError: it cannot be made.
    """
    if len(os.fsencode(path)) > LONGEST_PATH:
        raise TransportError(
            f"control socket {path}: the path has more than {LONGEST_PATH} bytes; "
            "set control.socket to a shorter one"
        )
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _clear(path)
        _bind_private(listener, path)
        listener.listen(BACKLOG)
    except PermissionError as error:
        listener.close()
        raise PermissionMissing(
            f"no access to {path}: let this user write the directory, or set control.socket"
        ) from error
    except OSError as error:
        listener.close()
        raise TransportError(f"control socket {path}: {error.strerror}") from error
    except BaseException:
        listener.close()
        raise
    return listener


def _bind_private(listener: socket.socket, path: Path) -> None:
    """Bind so that the socket never exists with wider permissions, not even for a moment."""
    before = os.umask(0o177)
    try:
        listener.bind(os.fspath(path))
    finally:
        os.umask(before)


def _clear(path: Path) -> None:
    """Take a dead socket away; refuse to touch anything else."""
    try:
        kind = path.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(kind):
        raise TransportError(
            f"control socket {path}: a file of another kind is there; "
            "move it away, or set control.socket"
        )
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(os.fspath(path))
        except ConnectionRefusedError:
            path.unlink()
            return
        except (BlockingIOError, TimeoutError):  # its queue is full: alive, but stuck
            raise AlreadyRunningError(
                f"a daemon that does not answer has {path}: stop it first"
            ) from None
        pid, _, _ = credentials(probe)
    raise AlreadyRunningError(
        f"a daemon already listens on {path} (process {pid}): stop it with `offhook stop`, or "
        "set control.socket and state_dir for a second one"
    )


def credentials(connection: socket.socket) -> tuple[int, int, int]:
    """Return process, user and group id of the other end (SO_PEERCRED)."""
    size = struct.calcsize("3i")
    raw = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size)
    pid, uid, gid = struct.unpack("3i", raw)
    return pid, uid, gid


def refusal_of(connection: socket.socket, clients: int, most: int) -> str:
    """Return why a connection is not served, or an empty string.

    Args:
        connection: the new client.
        clients: how many there are already.
        most: how many are served.
    """
    _, uid, _ = credentials(connection)
    if uid not in (0, os.getuid()):
        return f"this daemon belongs to user {os.getuid()}, you are user {uid}: ask it as its owner"
    if clients >= most:
        return f"{most} clients are connected, no more are served: close one"
    return ""
