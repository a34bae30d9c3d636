"""Words about recordings of devices: make one, play one back."""

import argparse
import json
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import bridge
from bridge.cli.dumping import Dumped, record
from bridge.cli.exits import Exit
from bridge.cli.replaying import Before, Replay
from bridge.cli.verbs.devices import matching, unknown
from bridge.drivers.hidraw.listener import HidListener
from bridge.drivers.ports import HidNode
from bridge.model.errors import TransportError
from bridge.model.trace import TraceEntry
from bridge.profiles.library import load_library
from bridge.protocols.hid_recorder import MAX_CHARACTERS, Recording, read_recording, write_recording

SOURCE = "source: recorded by its owner"  # every dump among the tests names its source


def dump(args: argparse.Namespace) -> Exit:
    """Record a device until the time is over or Ctrl+C; write the recording.

    Raises:
        TransportError: there is no such device, or it may not be read, or the file not written.
    """
    node = _one(args.device)
    output = Path(args.output) if args.output else None
    if output is not None and output.exists():
        raise TransportError(f"{output} is there already; expected a new file")
    made = (SOURCE, f"how: offhook {bridge.__version__} devices dump")
    with HidListener(node.node) as listener:
        ends = "Ctrl+C ends" if args.seconds is None else f"{args.seconds:g} s, or Ctrl+C"
        _say(f"listening to {node.node}: press every key once in a call and once outside; {ends}")
        stop = _stop_on_ctrl_c()
        dumped = record(node, listener.read, time.monotonic, args.seconds, made, stop)
    text = write_recording(dumped.recording)
    _write(text, output)
    _say(f"{dumped.end}; {dumped.reports} reports, serial number and vendor payloads removed")
    if args.json:
        print(json.dumps(_body(dumped, output, text)))
    elif output is None:
        print(text, end="")
    return Exit.OK


def _stop_on_ctrl_c() -> Callable[[], bool]:
    """Return what tells whether Ctrl+C was pressed; no report is lost to an exception."""
    pressed: list[int] = []
    signal.signal(signal.SIGINT, lambda number, _frame: pressed.append(number))
    return lambda: bool(pressed)


def _one(name: str) -> HidNode:
    """Return the one node that is meant."""
    found, plugged = matching(name)
    if len(found) == 1:
        return found[0]
    if found:
        nodes = ", ".join(node.node for node in found)
        raise TransportError(f"{name} has several nodes; expected one of them: {nodes}")
    raise TransportError(unknown(name, plugged))


def _write(text: str, output: Path | None) -> None:
    if output is None:
        return
    try:
        output.write_text(text, "utf-8")
    except OSError as error:
        raise TransportError(f"{output} cannot be written: {error.strerror or error}") from error


def _body(dumped: Dumped, output: Path | None, text: str) -> dict[str, object]:
    body: dict[str, object] = {"ok": True, "reports": dumped.reports, "end": dumped.end}
    return {**body, "recording": text} if output is None else {**body, "file": str(output)}


def _say(sentence: str) -> None:
    print(f"offhook: {sentence}", file=sys.stderr)


def replay(args: argparse.Namespace) -> Exit:
    """Show what the keys of a recording would do.

    Raises:
        TransportError: the file cannot be read, or the daemon would leave such a device alone.
        FileProblems: it is no recording.
    """
    recording = read_file(Path(args.file))
    told: list[TraceEntry] = []
    Replay(recording, load_library(), told.append).run(Before(args.call))
    if not args.json and not told:
        print("no reports in it")
    for entry in told:
        if args.json:
            body = {"at_s": round(entry.at_s, 6), "stage": entry.stage.value, "text": entry.text}
            print(json.dumps(body))
        else:
            print(f"{entry.at_s:12.6f}  {entry.stage.value:9}  {entry.text}")
    return Exit.OK


def read_file(path: Path) -> Recording:
    """Return the recording in a file; errors as above."""
    try:
        if path.stat().st_size > MAX_CHARACTERS:
            raise TransportError(f"{path} is too large for a recording")
        text = path.read_text("utf-8")
    except OSError as error:
        raise TransportError(f"{path} cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise TransportError(f"{path}: expected text of hid-recorder, found bytes") from error
    return read_recording(text, str(path))
