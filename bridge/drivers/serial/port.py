"""One open serial port, non-blocking, for nobody else: by pyserial, and what it leaves open.

pyserial sets line and speed and takes a lock (flock) that its other users heed; TIOCEXCL keeps out
the rest, root excepted. Opening may wait for a device that hangs: not on the event loop.
"""

import contextlib
import errno
import fcntl
import grp
import os
import struct
import termios

import serial

from bridge.model.errors import DeviceBusy, DeviceGone, PermissionMissing, TransportError

READ_BYTES = 4096

_GONE = frozenset({errno.ENOENT, errno.ENODEV, errno.ENXIO, errno.EIO})
_BUSY = frozenset({errno.EBUSY, errno.EAGAIN})
_NO_TTY = frozenset({errno.ENOTTY, errno.EINVAL, errno.EISDIR})


class SerialPort:
    """An open port.

    Args:
        path: such as ``/dev/ttyACM0``; a symbolic link is followed once, now.
        baud: bits per second.

    Raises:
        PermissionMissing, DeviceBusy, DeviceGone, TransportError: it cannot be opened, with the
            way out.
    """

    def __init__(self, path: str, baud: int) -> None:
        self.path = path
        try:
            # Opening raises DTR: for USB panels the sign that somebody listens. What was said
            # to nobody before is old, and thrown away.
            self._serial = serial.Serial(path, baud, timeout=0, write_timeout=0, exclusive=True)
        except (OSError, ValueError) as error:
            raise _why_not(path, error) from error
        self.fd: int = self._serial.fileno()
        try:
            self._settle()
        except (OSError, termios.error) as error:
            self.close()
            raise _why_not(path, error) from error

    def _settle(self) -> None:
        """Take the port for ourselves; let an empty read mean that it hung up."""
        fcntl.ioctl(self.fd, termios.TIOCEXCL)
        modes = termios.tcgetattr(self.fd)
        modes[6][termios.VMIN], modes[6][termios.VTIME] = 1, 0
        termios.tcsetattr(self.fd, termios.TCSANOW, modes)

    def read(self) -> bytes:
        """Return what has come, perhaps nothing.

        Raises:
            DeviceGone: the device has left.
        """
        try:
            data = os.read(self.fd, READ_BYTES)
        except BlockingIOError:
            return b""
        except OSError as error:
            raise DeviceGone(f"{self.path} is gone") from error
        if not data:
            raise DeviceGone(f"{self.path} is gone")
        return data

    def write(self, data: bytes) -> int:
        """Write what the line takes now; return how many bytes that were.

        Raises:
            DeviceGone: the device has left.
        """
        try:
            return os.write(self.fd, data)
        except BlockingIOError:
            return 0
        except OSError as error:
            raise DeviceGone(f"{self.path} is gone") from error

    def unsent(self) -> int:
        """Return how many bytes the kernel still has to send; 0 when it cannot tell."""
        try:
            answer = fcntl.ioctl(self.fd, termios.TIOCOUTQ, bytes(4))
        except OSError:
            return 0
        return int(struct.unpack("=I", answer)[0])

    def discard(self) -> None:
        """Forget what was not sent yet."""
        with contextlib.suppress(OSError, termios.error):
            termios.tcflush(self.fd, termios.TCOFLUSH)

    def close(self) -> None:
        """Close. What was not sent is lost, else the kernel waits up to 30 s for a dead device.

        Not discarded where all is sent: a pseudo terminal would take it back from who reads it.
        """
        if self.unsent():
            self.discard()
        with contextlib.suppress(OSError, termios.error):
            fcntl.ioctl(self.fd, termios.TIOCNXCL)
        with contextlib.suppress(OSError, serial.SerialException):
            self._serial.close()


def _why_not(path: str, error: Exception) -> TransportError:
    """Return why a port cannot be opened, with the way out."""
    number = error.errno if isinstance(error, OSError) else None
    if number is None and error.args and isinstance(error.args[0], int):
        number = error.args[0]  # termios.error
    if number in {errno.EACCES, errno.EPERM}:
        return PermissionMissing(f"no access to {path}: {who_may(path)}")
    if number in _BUSY:
        return DeviceBusy(f"{path} is used by another program: close it")
    if number in _GONE:
        return DeviceGone(f"there is no {path}: plug the panel in, or correct panels.serial")
    if number in _NO_TTY or "Could not configure port" in str(error):
        return TransportError(f"{path} is no serial port: correct panels.serial")
    return TransportError(f"{path} cannot be opened: {error}")


def who_may(path: str) -> str:
    """Return whom the port is open to, as a way out."""
    try:
        owner = grp.getgrgid(os.stat(path).st_gid).gr_name  # noqa: PTH116  # a node, not a file
    except (OSError, KeyError):
        owner = ""
    if owner in {"", "root"}:
        return "install the group and the udev rule of systemd/README.md, then plug in again"
    return f"it is open to the group {owner}: sudo usermod -aG {owner} $USER, then log in again"
