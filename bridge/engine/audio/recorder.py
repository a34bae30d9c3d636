"""One recording: frames from the bridge into a WAV file, on a thread of its own.

The header is brought up to date every second, so that a file is playable whenever the machine goes
dark. Nobody else can read it (0600 in a directory of 0700), and its name tells when and which call,
not who.
"""

import os
import re
import struct
import threading
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from bridge.model.ids import CallId

_UNSAFE = re.compile(r"[^0-9A-Za-z-]")
WRITE_S = 0.25  # frames are written so often
HEADER_S = 1.0
BEHIND = 1500  # frames, 30 s: a disk that has not written for so long will not do
HEADER_BYTES = 44
LONGEST_BYTES = 0xFFFF_FFFF - HEADER_BYTES - 1  # the size fields of a WAV file have 32 bits

Began = Callable[[str], None]
"""Gets the name of the file; on the recorder's thread."""

Failed = Callable[[str, str], None]
"""Gets the name of the file, empty if there is none, and one sentence; on that thread."""


class Recorder:
    """Records from the moment it is made until ``finish`` or a failure.

    Args:
        directory: made if it is missing.
        call: part of the name.
        rate_hz: of the frames.
        began: told when the file is there.
        failed: told when it cannot be written (any more).
    """

    def __init__(
        self, directory: str, call: CallId, rate_hz: int, began: Began, failed: Failed
    ) -> None:
        self._directory = Path(directory)
        self._call = call
        self._rate_hz = rate_hz
        self._began, self._failed = began, failed
        self._frames: deque[bytes] = deque()
        self._over = threading.Event()
        self._is_broken = False
        self.file = ""
        self._thread = threading.Thread(target=self._run, name="snd-record", daemon=True)
        self._thread.start()

    def put(self, frame: bytes) -> None:
        """Take a frame; on the clock's thread, never blocks."""
        if not self._is_broken and len(self._frames) <= BEHIND:
            self._frames.append(frame)

    def finish(self) -> None:
        """Write what is left and close; returns at once."""
        self._over.set()

    @property
    def is_writing(self) -> bool:
        """Tell whether the file is not complete yet."""
        return self._thread.is_alive()

    def join(self, timeout_s: float) -> None:
        """Wait for the file to be complete, after ``finish``."""
        self._thread.join(timeout_s)

    def _run(self) -> None:
        try:
            fd = self._open()
        except OSError as e:
            self._break(e)
            return
        self._began(self.file)
        try:
            self._write(fd)
        except OSError as e:
            self._break(e)
        finally:
            os.close(fd)

    def _break(self, error: OSError) -> None:
        self._is_broken = True
        self._frames.clear()
        where = self.file or str(self._directory)
        reason = f"cannot record into {where}: {(error.strerror or str(error)).lower()}"
        self._failed(self.file, f"{reason}; make room or set recording.directory")

    def _open(self) -> int:
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        name = self._directory / f"{stamp}-{_UNSAFE.sub('', self._call)}"
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        for number in ("", "-2", "-3", "-4"):
            try:
                fd = os.open(f"{name}{number}.wav", flags, 0o600)
            except FileExistsError:
                continue
            self.file = f"{name}{number}.wav"
            return fd
        raise FileExistsError(None, "there are four recordings of this second already")

    def _write(self, fd: int) -> None:
        written, unsaid_s = 0, 0.0
        _write_all(fd, _header(0, self._rate_hz))
        is_last = False
        while not is_last:
            is_last = self._over.wait(WRITE_S)
            data = self._taken()
            if written + len(data) > LONGEST_BYTES:
                raise OSError(None, "the file is as long as a WAV file can be")
            _write_all(fd, data)
            written += len(data)
            unsaid_s += WRITE_S
            if is_last or unsaid_s >= HEADER_S:
                os.pwrite(fd, _header(written, self._rate_hz), 0)
                unsaid_s = 0.0

    def _taken(self) -> bytes:
        if len(self._frames) > BEHIND:
            raise OSError(None, "it takes nothing for 30 s")
        return b"".join(self._frames.popleft() for _ in range(len(self._frames)))


def _write_all(fd: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]


def _header(data_bytes: int, rate_hz: int) -> bytes:
    """Return the header of a WAV file: PCM, one channel, 16 bit."""
    return struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        *(b"RIFF", HEADER_BYTES - 8 + data_bytes, b"WAVE"),
        *(b"fmt ", 16, 1, 1, rate_hz, rate_hz * 2, 2, 16),
        *(b"data", data_bytes),
    )
