"""``python -m tests.bench.daemon --config FILE --fd N``: the daemon, its headset on a socket."""

import argparse
import asyncio
import dataclasses
import socket
from pathlib import Path

from bridge import logs
from bridge.cli.apart import load_config_apart
from bridge.model.sound import SoundBackend

TONE_HZ = 440.0  # what the microphone says: a call of silence would cost less than a real one


def main() -> None:
    """Run it until SIGTERM."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--fd", type=int, required=True)
    args = parser.parse_args()
    # As `offhook run` does it: what checks the configuration is not in the daemon.
    config = load_config_apart(args.config, lambda: None)
    from bridge.app.edges import Edges  # noqa: PLC0415
    from bridge.app.serve import serve  # noqa: PLC0415
    from tests.bench.headset_wire import socket_bus  # noqa: PLC0415

    # A sound device that is always there; which one is no key of the configuration.
    sound = dataclasses.replace(
        config.engine.sound, backend=SoundBackend.TEST, test_tone_hz=TONE_HZ
    )
    config = dataclasses.replace(config, engine=dataclasses.replace(config.engine, sound=sound))
    logs.set_up(config.log_level)
    headset = socket.socket(fileno=args.fd)
    asyncio.run(serve(config, Edges(hid=lambda: socket_bus(headset))))


if __name__ == "__main__":
    main()
