"""The keys of one account: who we are at the PBX, and how calls on that line behave."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from bridge.config.number_schema import Numbers
from bridge.config.section import CREDENTIAL_FORM, IDENTITY_FORM, FilePath, Id, Line, Section

CODE_FORM = r"^[0-9*#]{1,8}$"

Code = Annotated[str, StringConstraints(pattern=CODE_FORM)]


class Secret(Section):
    """Where a password comes from; at most one of the four."""

    password: Line | None = Field(
        default=None,
        description="The password itself. The file must then not be readable by everybody "
        "(`chmod 600`). Quotes are needed only if YAML would read it otherwise.",
    )
    password_file: FilePath | None = Field(
        default=None,
        description="File whose first line is the password; not readable by everybody.",
    )
    password_env: Line | None = Field(
        default=None, description="Name of an environment variable that holds the password."
    )
    password_credential: Annotated[str, StringConstraints(pattern=CREDENTIAL_FORM)] | None = Field(
        default=None,
        description="Name of a systemd credential (`LoadCredential=` of the unit) that holds "
        "the password.",
    )


class Account(Secret):
    """One line: a SIP account at a PBX, or an address of its own for calls without one."""

    id: Id | None = Field(
        default=None,
        description="Name of the line in commands, logs and MQTT topics; no telephone number, "
        "because topics are seen by others. Default: `line-1`, `line-2`, …",
    )
    server: Line | None = Field(
        default=None,
        description="PBX: host name or IPv4 address, with `:port` unless it is 5060 (5061 with "
        "TLS). Required unless `register` is false.",
    )
    fallback: Line | None = Field(
        default=None,
        description="Second PBX, as `server`: used while the first does not answer. It is left "
        "again when the first answers and nobody speaks.",
    )
    user: Annotated[str, StringConstraints(min_length=1, max_length=64)] = Field(
        description="User part of the SIP address, often the extension."
    )
    auth_user: Line | None = Field(
        default=None, description="User name that belongs to the password. Default: `user`."
    )
    domain: Line | None = Field(
        default=None, description="Host part of the SIP address where it is not `server`."
    )
    display_name: Line | None = Field(
        default=None, description="Name shown to those who are called."
    )
    transport: Literal["udp", "tcp", "tls"] = Field(
        default="udp", description="How SIP travels to the PBX."
    )
    srtp: Literal["off", "optional", "mandatory"] = Field(
        default="off",
        description="Encryption of the sound, keys in the SIP messages (SDES), so for "
        "`transport: tls`. Off by default because of a weakness in the engine that "
        "`offhook doctor` explains.",
    )
    register_: bool = Field(
        default=True,
        alias="register",
        description="Register at `server`. `false`: peer to peer, without PBX and `server`; "
        "calls go to whole SIP addresses and come from everybody, or from `allow_from`.",
    )
    expires: Annotated[int, Field(ge=30, le=3600)] = Field(
        default=120, description="Seconds a registration is asked for; it is renewed before."
    )
    allow_from: list[Line] = Field(
        default_factory=list,
        max_length=32,
        description="IPv4 addresses or networks (`192.0.2.0/24`) that may call besides the PBX.",
    )
    numbers: Numbers = Field(default_factory=Numbers, description="As `numbers`, for this line.")
    mailbox: bool = Field(
        default=True,
        description="Ask the PBX how many voice messages wait, for `offhook status`, MQTT and "
        "message lamps.",
    )
    publish: bool = Field(
        default=False,
        description="Tell the PBX when this line is in a call (PUBLISH, RFC 3903), so that its "
        "presence server lights other telephones' lamps. Not needed, and confusing, where the PBX "
        "watches its calls by itself.",
    )
    transfers: bool | None = Field(
        default=None,
        description="Let the other end of a call send us elsewhere, within the PBX and never to an "
        "emergency number. Default: `true` with a PBX, `false` without.",
    )
    dtmf: Literal["rfc4733", "info", "inband"] = Field(
        default="rfc4733",
        description="How digits are sent in a call: `rfc4733`, what PBXs expect; `info`: by SIP "
        "INFO; `inband`: as tones.",
    )
    caller_id_in: Literal["preferred", "from"] = Field(
        default="preferred",
        description="Where the PBX looks for a number to show: `preferred`: in "
        "`P-Preferred-Identity`; `from`: in `From`.",
    )
    voicemail: Line | None = Field(
        default=None,
        description="Number of the voice mail, for `offhook divert` without a target.",
    )
    pull: Line | None = Field(
        default=None,
        description="Feature code by which the PBX moves a call of another telephone of yours "
        "here, for `offhook pull`.",
    )
    record: Code | None = Field(
        default=None,
        description="Feature code by which the PBX records a call, such as `*4`: `offhook record "
        "on` sends it as digits in the call. Default: calls are recorded here (`recording`).",
    )
    stop_recording: Code | None = Field(
        default=None,
        description="Feature code to stop that, such as `*5`. Default: that of `record` again.",
    )
    caller_id: Annotated[str, StringConstraints(pattern=IDENTITY_FORM)] | None = Field(
        default=None,
        description="Number to show to those who are called, if the PBX allows it; `anonymous`: "
        "none. Default: what the PBX shows.",
    )
