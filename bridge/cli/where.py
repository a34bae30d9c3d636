"""Which daemon a command talks to."""

import argparse
import contextlib
import os
from pathlib import Path

from bridge.cli.client import Client, find_socket
from bridge.config import places
from bridge.model.errors import ConfigError


def connect(args: argparse.Namespace) -> Client:
    """Return a client for the daemon that is meant, not connected yet.

    ``--socket``, else the one ``--config`` names, else the one that exists in the usual places,
    else the one that the configuration names. Only the last reads the configuration, because that
    takes longer than everything else.
    """
    if args.socket:
        return Client(Path(args.socket))
    if args.config:
        return Client(configured(Path(args.config)))
    found = find_socket(os.environ)
    if found is not None or "OFFHOOK_SOCKET" in os.environ:
        return Client(found or places.likely_sockets(os.environ)[0])
    if may_name_socket(places.find_config(os.environ)):
        with contextlib.suppress(ConfigError):  # not what was asked; `offhook config check` tells
            return Client(configured(None))
    return Client(places.control_socket(os.environ))


def may_name_socket(config: Path | None) -> bool:
    """Say whether a configuration could hold the key ``control.socket``, without reading YAML."""
    if config is None:
        return False
    for file in (config, *places.drop_in_dir(config).glob("*.yaml")):
        with contextlib.suppress(OSError):
            if b"control" in file.read_bytes():
                return True
    return False


def configured(config: Path | None) -> Path:
    """Return the control socket of a configuration.

    Raises:
        ConfigError: it cannot be used.
    """
    from bridge.config.load import load_config  # noqa: PLC0415  # see above

    return load_config(config, only_check=True).control_socket
