"""Words about the configuration file."""

import argparse
import dataclasses
import importlib.resources
import json
from collections.abc import Iterator
from enum import Enum
from pathlib import Path

from bridge.cli.exits import Exit
from bridge.cli.show import emit
from bridge.config.load import load_config
from bridge.config.settings import Config

SECRETS = frozenset({"password", "token"})


def check(args: argparse.Namespace) -> Exit:
    """Say what is wrong, or what would be used.

    Raises:
        ConfigError: everything that is wrong.
    """
    config = load_config(Path(args.config) if args.config else None, only_check=True)
    body = {
        "ok": True,
        "files": list(config.files),
        "warnings": list(config.warnings),
        "config": public(config),
    }
    emit(body, _lines(config), as_json=args.json)
    return Exit.OK


def _lines(config: Config) -> Iterator[str]:
    yield f"read     {', '.join(config.files) or 'no file: everything has its default'}"
    for account in config.accounts:
        where = account.server or "peer to peer"
        yield (
            f"account  {account.account}: {account.user} at {where}, {account.transport.value}, "
            f"srtp {account.srtp.value}, {'with' if account.password else 'without'} password"
        )
    engine, mqtt = config.engine, config.mqtt
    yield f"sip      {engine.bind_address}:{engine.port or '(any port)'}, {' '.join(engine.codecs)}"
    yield f"sound    {engine.sound.backend.value}"
    broker = mqtt.socket or mqtt.host or "private broker"
    yield f"mqtt     {f'{broker}, topics {mqtt.base}/…' if mqtt.enabled else 'off'}"
    for phone in config.phones:
        orders = f"takes orders at {phone.control}" if phone.control else "takes no orders"
        where = f"tells its calls to {config.http.bind} port {config.http.port}"
        yield f"phone    {phone.id}: {phone.vendor.value}, {where}, {orders}"
    yield f"control  {config.control_socket}"
    yield f"state    {config.state_dir}"
    for warning in config.warnings:
        yield f"warning: {warning}"
    yield "ok"


def public(value: object) -> object:
    """Return settings as JSON values; of a secret only whether there is one."""
    match value:
        case Enum():
            return value.value
        case Path():
            return str(value)
        case tuple() | frozenset():
            items = [public(item) for item in value]
            return sorted(items, key=str) if isinstance(value, frozenset) else items
        case _ if dataclasses.is_dataclass(value):
            return {field.name: _member(value, field.name) for field in dataclasses.fields(value)}
        case _:
            return value


def _member(record: object, name: str) -> object:
    value = getattr(record, name)
    return bool(value) if name in SECRETS else public(value)


def reference(args: argparse.Namespace) -> Exit:
    """Print the page about all keys; with ``--json`` the schema for editors."""
    folder = importlib.resources.files("bridge.config")
    if args.json:
        text = folder.joinpath("config.schema.json").read_text(encoding="utf-8")
        print(json.dumps(json.loads(text)))
    else:
        print(folder.joinpath("REFERENCE.md").read_text(encoding="utf-8"), end="")
    return Exit.OK
