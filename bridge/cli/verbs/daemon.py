"""Words that start something: the daemon, the demonstration."""

import argparse
import dataclasses
from collections.abc import Callable
from pathlib import Path

from bridge import logs
from bridge.cli.apart import load_config_apart
from bridge.cli.exits import Exit
from bridge.config.settings import Config


def run(args: argparse.Namespace) -> Exit:
    """Run the daemon until it is told to stop.

    Raises:
        ConfigError: the configuration has problems.
        BridgeError: it cannot start, for instance because another one runs.
    """
    path = Path(args.config) if args.config else None
    config = load_config_apart(path, meanwhile=_load_daemon)
    if args.socket:
        config = dataclasses.replace(config, control_socket=Path(args.socket))
    logs.set_up(args.log_level or config.log_level)
    return Exit(_load_daemon()(config))


def _load_daemon() -> Callable[[Config], int]:
    from bridge.app.serve import main  # noqa: PLC0415  # asyncio and the drivers load slowly

    return main


def demo(args: argparse.Namespace) -> Exit:
    """Let a real call ring a virtual headset."""
    logs.set_up("error")  # the demo itself tells what happens
    from bridge.demo.main import main  # noqa: PLC0415  # see above

    return Exit(main(args))
