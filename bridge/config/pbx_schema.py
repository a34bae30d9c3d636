"""The keys about the PBX: which one to watch, and how its gateway hears it. Part of ``schema``."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from bridge.config.section import Id, Section

TOPIC_FORM = r"^[A-Za-z0-9_-]{1,32}(/[A-Za-z0-9_-]{1,32}){0,3}$"


class Pbx(Section):
    """The PBX whose busy lamps, queues and mailboxes are shown."""

    id: Id | None = Field(
        default=None,
        description="Name of the PBX in MQTT topics: small letters, digits and `-`, not the name "
        "of a bridge. Its gateway and its bridges have the same here. Default: none is watched.",
    )


class Gateway(Section):
    """`offhook pbx-gateway`, which speaks for the PBX; it needs `pbx.id` and `mqtt.broker`."""

    kind: Literal["kamailio"] = Field(
        default="kamailio",
        description="What the PBX is. `kamailio`: with the snippet `bridge/gateway/kamailio`.",
    )
    topic: Annotated[str, StringConstraints(pattern=TOPIC_FORM)] = Field(
        default="kamailio", description="First levels of the topics that Kamailio itself uses."
    )
    dialogs: bool = Field(
        default=False,
        description="Tell readers the SIP dialog of calls that ring, for pick-up by `Replaces`.",
    )
