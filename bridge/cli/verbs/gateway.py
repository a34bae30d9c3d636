"""``offhook pbx-gateway``: the process that speaks for a PBX."""

import argparse
import asyncio
import dataclasses
from pathlib import Path

from bridge import __version__, logs
from bridge.cli.exits import Exit
from bridge.config.load import load_config
from bridge.config.settings import Config, GatewaySettings
from bridge.gateway.asterisk.adaptor import AsteriskAdaptor
from bridge.gateway.gateway import Gateway, MakeAdaptor, serve
from bridge.gateway.kamailio.adaptor import KamailioAdaptor
from bridge.model.errors import BusError
from bridge.protocols.pbx_states import Shown


def run(args: argparse.Namespace) -> Exit:
    """Run the gateway until it is told to stop.

    Raises:
        ConfigError: the configuration has problems.
        BusError: it lacks the PBX or the broker.
    """
    config = load_config(Path(args.config) if args.config else None)
    logs.set_up(args.log_level or config.log_level)
    asyncio.run(_run(config))
    return Exit.OK


async def _run(config: Config) -> None:
    await serve(gateway_of(config))


def gateway_of(config: Config) -> Gateway:
    """Return the gateway a configuration describes; on the event loop.

    Raises:
        BusError: it lacks the PBX or the broker.
    """
    if not config.pbx:
        raise BusError("the gateway does not know its PBX: set pbx.id")
    if config.mqtt.is_private or not config.mqtt.enabled:
        raise BusError("the gateway needs a broker: set mqtt.broker or mqtt.socket")
    settings = config.gateway
    return Gateway(
        dataclasses.replace(config.mqtt, bridge=config.pbx),
        Shown(config.mqtt.numbers, settings.dialogs),
        _maker(settings),
        __version__,
    )


def _maker(settings: GatewaySettings) -> MakeAdaptor:
    """Return what makes the adaptor for the kind of PBX."""
    asterisk = settings.asterisk
    if asterisk is None:
        return lambda bus, picture: KamailioAdaptor(bus, picture, settings.topic)
    if not asterisk.secret:
        raise BusError(
            "asterisk lets nobody in without a secret: set gateway.asterisk.password_file"
        )
    return lambda _bus, picture: AsteriskAdaptor(picture, asterisk)
