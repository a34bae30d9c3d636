"""The gateway section as settings of the adaptors."""

from bridge.config.pbx_schema import Asterisk, Gateway
from bridge.config.settings import GatewaySettings
from bridge.config.sources import Tree
from bridge.model.asterisk import AriSettings, AsteriskSettings, DialPlan, Family

ASTERISK_PATH = ("gateway", "asterisk")
ARI_PATH = (*ASTERISK_PATH, "ari")


def gateway_settings(section: Gateway, secret: str, ari_secret: str, tree: Tree) -> GatewaySettings:
    """Return how a gateway hears its PBX.

    Args:
        section: checked.
        secret: of the manager interface; empty where none is configured.
        ari_secret: of the REST interface; likewise.
        tree: to find files beside the configuration.
    """
    asterisk = None
    if section.kind == "asterisk":
        asterisk = _asterisk(section.asterisk, secret, ari_secret, tree)
    return GatewaySettings(section.topic, section.dialogs, asterisk)


def _ari(section: Asterisk, secret: str) -> AriSettings | None:
    ari = section.ari
    if ari is None:
        return None
    return AriSettings(ari.port or (8089 if section.tls else 8088), ari.user, secret, section.tls)


def _asterisk(section: Asterisk, secret: str, ari_secret: str, tree: Tree) -> AsteriskSettings:
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
        ari=_ari(section, ari_secret),
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
