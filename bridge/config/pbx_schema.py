"""The keys about the PBX: which one to watch, and how its gateway hears it. Part of ``schema``."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from bridge.config.account_schema import Secret
from bridge.config.lamp_schema import STAR_CODE_FORM
from bridge.config.section import CREDENTIAL_FORM, FilePath, Id, Line, Port, Section

TOPIC_FORM = r"^[A-Za-z0-9_-]{1,32}(/[A-Za-z0-9_-]{1,32}){0,3}$"


class Pbx(Section):
    """The PBX whose busy lamps, queues and mailboxes are shown."""

    id: Id | None = Field(
        default=None,
        description="Name of the PBX in MQTT topics: small letters, digits and `-`, not the name "
        "of a bridge. Its gateway and its bridges have the same here. Default: none is watched.",
    )


CHANNEL_FORM = r"^[A-Za-z0-9_]{1,20}/[^{}\s]{0,60}\{\}[^{}\s]{0,60}$"
DEVICE_FORM = r"^Custom:[^{}\s]{0,40}\{\}[^{}\s]{0,40}$"
FAMILY_FORM = r"^[A-Za-z0-9_-]{0,32}$"

Channel = Annotated[str, StringConstraints(pattern=CHANNEL_FORM)]
Device = Annotated[str, StringConstraints(pattern=DEVICE_FORM)]
Word = Annotated[str, StringConstraints(pattern=CREDENTIAL_FORM)]
Family = Annotated[str, StringConstraints(pattern=FAMILY_FORM)]
Code = Annotated[str, StringConstraints(pattern=STAR_CODE_FORM)]


class Ari(Secret):
    """The REST interface of an Asterisk, on the same host: who calls whom on the lines.

    The password is that of ari.conf. `tls` and `ca_file` are those of `gateway.asterisk`.
    """

    port: Port | None = Field(
        default=None, description="`bindport` or `tlsbindaddr` of http.conf. Default: 8088, 8089."
    )
    user: Line = Field(
        default="offhook", description="The account in ari.conf; `read_only = yes` is enough."
    )


class Asterisk(Secret):
    """The manager interface of an Asterisk (`kind: asterisk`), and the words of its dial plan.

    The password is the `secret` of manager.conf. The defaults are those of FreePBX.
    """

    host: Line = Field(default="127.0.0.1", description="Host name or address of Asterisk.")
    port: Port | None = Field(
        default=None, description="`port` or `tlsbindaddr` of manager.conf. Default: 5038, 5039."
    )
    user: Line = Field(default="offhook", description="The account in manager.conf.")
    tls: bool = Field(default=False, description="Encrypt, and check the certificate of Asterisk.")
    ca_file: FilePath | None = Field(
        default=None,
        description="PEM file with the certificates to trust. Default: those of the system.",
    )
    channel: Channel = Field(
        default="PJSIP/{}", description="What is dialled to ring a telephone of extension `{}`."
    )
    context: Word = Field(
        default="from-internal", description="Context in which an extension dials numbers."
    )
    hints: list[Word] = Field(
        default_factory=list,
        max_length=32,
        description="Contexts whose hints are shown. Default: all; where two have the same "
        "extension, one of them.",
    )
    mailboxes: Word = Field(default="default", description="Context of voicemail.conf.")
    lot: Word | None = Field(default=None, description="The one parking lot. Default: all.")
    pickup: Code = Field(
        default="**", description="Code before an extension that picks up its call; empty: none."
    )
    queue_channel: Channel | None = Field(
        default=None,
        description="What queues call an agent by, such as `Local/{}@from-queue/n`. Default: "
        "`channel`.",
    )
    dnd: Family = Field(
        default="DND", description="Family of AstDB with do not disturb; empty: none."
    )
    dnd_device: Device | None = Field(
        default=None,
        description="Device that follows it, for lamps of desk phones, such as `Custom:DND{}`.",
    )
    always: Family = Field(
        default="CF", description="Family of AstDB with forwarding of every call; empty: none."
    )
    busy: Family = Field(default="CFB", description="The same when busy.")
    no_answer: Family = Field(default="CFU", description="The same without answer.")
    poll: Annotated[int, Field(ge=2, le=300)] = Field(
        default=10, description="Seconds after which AstDB is read again: it tells no changes."
    )
    ari: Ari | None = Field(
        default=None,
        description="The REST interface: who calls whom on the lines. Default: not asked.",
    )


class Gateway(Section):
    """`offhook pbx-gateway`, which speaks for the PBX; it needs `pbx.id` and `mqtt.broker`."""

    kind: Literal["kamailio", "asterisk"] = Field(
        default="kamailio",
        description="What the PBX is. `kamailio`: with the snippet `bridge/gateway/kamailio`. "
        "`asterisk`: by its manager interface, see below.",
    )
    topic: Annotated[str, StringConstraints(pattern=TOPIC_FORM)] = Field(
        default="kamailio", description="First levels of the topics that Kamailio itself uses."
    )
    dialogs: bool = Field(
        default=False,
        description="Tell readers the SIP dialog of calls that ring, for pick-up by `Replaces`.",
    )
    asterisk: Asterisk = Field(default_factory=Asterisk)
