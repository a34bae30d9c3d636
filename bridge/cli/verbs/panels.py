"""Words about key panels: putting out what a daemon that was killed left lit."""

import argparse
import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from bridge.cli.exits import Exit
from bridge.cli.show import emit
from bridge.cli.verbs.devices import plugged_in
from bridge.config.load import load_config
from bridge.drivers.control.lock import StateLock
from bridge.drivers.hid_panels.dark import PutOut, put_out
from bridge.drivers.hidraw.handle import open_hidraw
from bridge.model.errors import TransportError

RESULT = "SERVICE_RESULT"
"""How systemd tells an ``ExecStopPost=`` what became of the daemon (systemd.exec(5))."""

ORDERLY = "the daemon ended in order: its panels show unknown"


def dark(args: argparse.Namespace) -> Exit:
    """Put out the panels of this configuration, as long as no daemon shows anything on them.

    Raises:
        AlreadyRunningError: one does.
        ConfigError: the configuration has problems.
    """
    if os.environ.get(RESULT) == "success":
        emit({"panels": []}, [ORDERLY], as_json=args.json)
        return Exit.OK
    config = load_config(Path(args.config) if args.config else None, only_check=True)
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(TransportError):  # a disk that cannot be written keeps no lamp on
            stack.enter_context(StateLock(config.state_dir))
        done = list(put_out(config.panels, plugged_in(), open_hidraw))
    emit({"panels": [_body(one) for one in done]}, _lines(done), as_json=args.json)
    faults = [one.fault for one in done if one.fault]
    for fault in faults:
        print(f"offhook: {fault}", file=sys.stderr)
    return Exit.FAILED if faults else Exit.OK


def _body(one: PutOut) -> dict[str, object]:
    return {"node": one.node, "name": one.name, "dark": not one.fault, "fault": one.fault}


def _lines(done: list[PutOut]) -> Iterator[str]:
    yield from (f"{one.name} on {one.node} is dark" for one in done if not one.fault)
    if not done:
        yield "no Stream Deck or X-keys panel of panels.streamdeck and panels.xkeys is plugged in"
