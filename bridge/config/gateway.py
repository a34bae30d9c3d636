"""The gateway section as settings of the adaptors."""

from bridge.config.pbx_schema import Asterisk, Gateway
from bridge.config.settings import GatewaySettings
from bridge.config.sources import Tree
from bridge.model.asterisk import AsteriskSettings, DialPlan, Family

ASTERISK_PATH = ("gateway", "asterisk")


def gateway_settings(section: Gateway, secret: str, tree: Tree) -> GatewaySettings:
    """Return how a gateway hears its PBX.

    Args:
        section: checked.
        secret: of the manager interface; empty where none is configured.
        tree: to find files beside the configuration.
    """
    asterisk = _asterisk(section.asterisk, secret, tree) if section.kind == "asterisk" else None
    return GatewaySettings(section.topic, section.dialogs, asterisk)


def _asterisk(section: Asterisk, secret: str, tree: Tree) -> AsteriskSettings:
    ca_file = section.ca_file
    return AsteriskSettings(
        host=section.host,
        port=section.port or (5039 if section.tls else 5038),
        user=section.user,
        secret=secret,
        tls=section.tls,
        ca_file=str(tree.beside((*ASTERISK_PATH, "ca_file"), ca_file)) if ca_file else "",
        plan=_plan(section),
        poll_s=section.poll,
    )


def _plan(section: Asterisk) -> DialPlan:
    families = (
        (Family.DND, section.dnd),
        (Family.ALWAYS, section.always),
        (Family.BUSY, section.busy),
        (Family.NO_ANSWER, section.no_answer),
    )
    return DialPlan(
        channel=section.channel,
        context=section.context,
        hints=frozenset(section.hints),
        mailboxes=section.mailboxes,
        lot=section.lot or "",
        pickup=section.pickup,
        queue_channel=section.queue_channel or "",
        families=tuple((family, name) for family, name in families if name),
        dnd_device=section.dnd_device or "",
    )
