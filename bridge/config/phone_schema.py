"""The keys about desk phones and the HTTP server they talk to. Part of ``schema``."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from bridge.config.account_schema import Secret
from bridge.config.section import AnyPort, Line, Section

MOST_PHONES = 16  # on one desk; each has a thread for its orders
PHONE_FORM = r"^[a-z0-9-]{1,26}$"  # with `phone-` before it, it is the name of a line


class Http(Section):
    """The HTTP server; it runs only where `phones` are configured."""

    bind: Line = Field(
        default="127.0.0.1",
        description="Address of this machine to listen on: 127.0.0.1 for this machine alone, "
        "0.0.0.0 for all its addresses. Phones need one they can reach. Not encrypted: for a "
        "network of your own.",
    )
    port: AnyPort = Field(default=8088, description="TCP port; 0: any free one.")
    names: list[Line] = Field(
        default_factory=list,
        max_length=16,
        description="Host names of this machine in the URLs of phones. Addresses and `localhost` "
        "are known; requests for other names are refused.",
    )


class Phone(Secret):
    """One desk phone. Its calls are on a line of their own, `phone-ID`."""

    id: Annotated[str, StringConstraints(pattern=PHONE_FORM)] = Field(
        description="Name of the phone: small letters, digits and `-`."
    )
    vendor: Literal["yealink", "snom", "gigaset", "poly"] = Field(
        description="Whose it is. None has been tried, see `bridge/protocols/phone_events.md`."
    )
    addresses: list[Line] = Field(
        min_length=1,
        max_length=16,
        description="Addresses or networks its requests come from, such as `192.0.2.20`.",
    )
    token: Line = Field(
        description="The secret in its URLs: 16 to 64 letters, digits, `-` and `_`; make one with "
        "`openssl rand -hex 16`. `offhook phones config ID` prints what to put into the phone."
    )
    control: Line | None = Field(
        default=None,
        description="Where the phone takes orders, such as `http://192.0.2.20`, so that a headset "
        "answers it. Default: it takes none, and only shows its calls.",
    )
    user: Line | None = Field(default=None, description="User name for `control`.")
    identity: Line | None = Field(
        default=None,
        description="Which SIP account of the phone dials, such as `201@pbx.example`. Default: "
        "its first.",
    )
    check_certificate: bool = Field(
        default=True, description="Of `https` in `control`; many phones have one of their own."
    )
    keys: dict[Line, Line] = Field(
        default_factory=dict,
        description="What its keys do, such as `P1: dial 202` or `long P2: dnd`; actions are "
        "those of `headset.keys`.",
    )
