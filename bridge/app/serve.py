"""A daemon from its start to its end: signals, systemd, exit code."""

import asyncio
import faulthandler
import logging
import os
import signal
import sys
import time

from bridge.app.daemon import Daemon
from bridge.app.edges import Edges
from bridge.app.health import Health
from bridge.config.settings import Config
from bridge.drivers.systemd import Notifier

_log = logging.getLogger(__name__)

SWITCH_S = 0.0005
"""How long one thread may keep the others from running, seconds (Python's default: 0.005). The
writing thread of a headset would else wait that long for a loop that is busy telling MQTT."""


async def serve(config: Config, edges: Edges | None = None) -> None:
    """Run until SIGTERM, SIGINT or ``offhook stop``."""
    sys.setswitchinterval(SWITCH_S)
    notifier = Notifier(os.environ)
    notifier.status("starting")
    for warning in config.warnings:
        _log.warning("%s", warning)
    async with (
        Daemon(config, edges or Edges()) as daemon,
        Health(daemon, notifier, time.monotonic),
    ):
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, daemon.stopping.set)
        _log.info("ready, control socket %s", config.control_socket)
        await daemon.stopping.wait()
        _log.info("stopping")


def main(config: Config) -> int:
    """Run the daemon; return its exit code. Errors of starting are raised as ``BridgeError``."""
    faulthandler.enable()  # systemd kills what hangs by SIGABRT: the log then says where it hung
    asyncio.run(serve(config))
    return 0
