"""Records what a device sends, ready to be published: ``offhook devices dump``."""

from collections.abc import Callable
from dataclasses import dataclass

from bridge.drivers.ports import HidNode, Now
from bridge.model.errors import DeviceGone
from bridge.protocols.hid_recorder import Recorded, Recording
from bridge.protocols.hid_redaction import redact_recording

WAIT_S = 0.2  # how late the end of a recording may be noticed
MAX_REPORTS = 100_000  # 6 MiB of text; an hour of somebody who presses keys has some thousand

Read = Callable[[float], bytes]
"""Returns one report, empty after so many seconds; raises ``DeviceGone``."""


@dataclass(frozen=True, slots=True)
class Dumped:
    """One recording, redacted.

    Args:
        recording: what may be published.
        reports: how many were heard.
        end: why it ended, for people.
    """

    recording: Recording
    reports: int
    end: str


def record(
    node: HidNode,
    read: Read,
    now: Now,
    seconds: float | None,
    comments: tuple[str, ...],
    stopped: Callable[[], bool] = lambda: False,
) -> Dumped:
    """Listen until the time is over, somebody stops it or the device leaves.

    Args:
        node: what is recorded.
        read: where its reports come from.
        now: monotonic seconds.
        seconds: how long; None = until stopped.
        comments: about its source and how it was made.
        stopped: asked after each report and each wait. What has come by then is still taken.
    """
    began_s = now()
    heard: list[Recorded] = []
    end = ""
    try:
        while len(heard) <= MAX_REPORTS:
            report = read(0.0 if end else WAIT_S)
            if report:
                heard.append(Recorded(round((now() - began_s) * 1_000_000), report))
            elif end:
                break
            end = end or _over(now() - began_s, seconds, len(heard), stopped())
    except DeviceGone as gone:
        end = str(gone)
    recording = Recording(
        node.name,
        node.bus,
        node.vendor_id,
        node.product_id,
        node.descriptor,
        tuple(heard),
        comments,
    )
    return Dumped(redact_recording(recording, (node.serial,)), len(heard), end)


def _over(elapsed_s: float, seconds: float | None, heard: int, stopped: bool) -> str:
    """Return why it is over, empty when it is not."""
    if stopped:
        return "ended by Ctrl+C"
    if seconds is not None and elapsed_s >= seconds:
        return "the time is over"
    return f"{MAX_REPORTS} reports are enough" if heard >= MAX_REPORTS else ""
