"""The error tree. Messages are lower case, say what was expected and found, and the way out.

::

    BridgeError
     ├─ ConfigError, ProfileError     file, path, every problem found
     ├─ TransportError                DeviceGone, DeviceBusy, PermissionMissing, TransportTimeout
     ├─ ProtocolViolation             we asked for something impossible
     ├─ CallError                     SIP status and reason
     └─ BusError                      MQTT
"""

from dataclasses import dataclass


class BridgeError(Exception):
    """Base of all errors of ours."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong in a file.

    Args:
        file: path as the user knows it.
        line: 1-based, 0 when the file as a whole is meant.
        path: where in the document, such as ``accounts[0].server``.
        found: what stands there, secrets left out.
        expected: what may stand there.
    """

    file: str
    line: int
    path: str
    found: str
    expected: str

    def __str__(self) -> str:
        """Return ``file:line: path: found X, expected Y``."""
        return f"{self.file}:{self.line}: {self.path}: found {self.found}, expected {self.expected}"


class FileProblems(BridgeError):  # noqa: N818  # named after what happened
    """A file (or several) with everything that is wrong in it."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        """Keep all problems; the message is one line for each."""
        super().__init__("\n".join(str(p) for p in problems))
        self.problems = problems


class ConfigError(FileProblems):
    """The configuration cannot be used."""


class ProfileError(FileProblems):
    """A device profile cannot be used."""


class TransportError(BridgeError):
    """A device, socket or child process cannot be reached."""


class DeviceGone(TransportError):  # noqa: N818  # named after what happened
    """The device was unplugged or its node revoked."""


class DeviceBusy(TransportError):  # noqa: N818  # named after what happened
    """The device answers that somebody else has it."""


class PermissionMissing(TransportError):  # noqa: N818  # named after what happened
    """The device is there, but this user may not open it."""


class TransportTimeout(TransportError, TimeoutError):  # noqa: N818  # named after what happened
    """Nothing came back in time."""


class ProtocolViolation(BridgeError):  # noqa: N818  # named after what happened
    """We asked for something impossible (our mistake)."""


class CallError(BridgeError):
    """A call function failed.

    Args:
        message: one sentence.
        sip: SIP status, 0 when the network was not asked.
    """

    def __init__(self, message: str, sip: int = 0) -> None:
        """Keep the status beside the sentence."""
        super().__init__(message)
        self.sip = sip


class BusError(BridgeError):
    """MQTT: broker unreachable, refused, or a message that cannot be."""
