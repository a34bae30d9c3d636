"""The keys of the configuration file: types, ranges, defaults and one sentence each.

This is the source of ``REFERENCE.md`` and of the schema for editors. What depends on more than
one key, on files or on the limits of the SIP engine is checked in ``meaning`` and ``secrets``.
"""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from bridge.config.account_schema import Account, Secret
from bridge.config.audio_schema import Audio
from bridge.config.desktop_schema import Desktop, Keys
from bridge.config.forwarding_schema import ForwardingSection
from bridge.config.home_schema import HomeAssistant
from bridge.config.lamp_schema import FavouriteEntry, Lamps
from bridge.config.meetings_schema import Meetings, Remote
from bridge.config.number_schema import Barring, Limits, Numbers
from bridge.config.page_schema import PageSection
from bridge.config.panel_schema import Panels
from bridge.config.pbx_schema import Gateway, Pbx
from bridge.config.phone_schema import MOST_PHONES, Http, Phone
from bridge.config.presence_schema import PresenceSection
from bridge.config.section import (
    PORTS_FORM,
    ROOT_FORM,
    AnyPort,
    FilePath,
    Id,
    Line,
    Port,
    Section,
)


class Bridge(Section):
    """This installation."""

    id: Id | None = Field(
        default=None,
        description="Name of this bridge in MQTT topics: small letters, digits and `-`. "
        "Default: the name of the computer.",
    )


class SipTls(Section):
    """Certificates for accounts with `transport: tls`."""

    verify: bool = Field(
        default=True, description="Check the certificate of the PBX: chain and name."
    )
    ca_file: FilePath | None = Field(
        default=None,
        description="PEM file with the certificates to trust. Default: those of the system.",
    )
    cert_file: FilePath | None = Field(default=None, description="Our own certificate, PEM.")
    key_file: FilePath | None = Field(default=None, description="The key of `cert_file`, PEM.")
    port: AnyPort = Field(default=0, description="TCP port for incoming TLS; 0: any free one.")


class Sip(Section):
    """The SIP engine, the same for all accounts."""

    bind: Line = Field(
        default="auto",
        description="IPv4 address of this machine to listen on. `auto`: 127.0.0.1 as long as "
        "there is no account or every PBX is on this machine, else all addresses (0.0.0.0); "
        "strangers are not answered either way.",
    )
    port: AnyPort | None = Field(
        default=None,
        description="UDP and TCP port to listen on; 0: any free one. Default: 5060 for a "
        "peer-to-peer account, else 0.",
    )
    rtp_ports: Annotated[str, StringConstraints(pattern=PORTS_FORM)] = Field(
        default="20000-20199", description="UDP ports for sound, at least 16; for firewalls."
    )
    codecs: list[Line] = Field(
        default_factory=lambda: ["G722", "PCMA", "PCMU"],
        min_length=1,
        max_length=8,
        description="Codecs, best first.",
    )
    tls: SipTls = Field(default_factory=SipTls, description="See below.")


class Recording(Section):
    """Recorded calls: WAV files, 16 bit, both ends in one channel. Ask before you record."""

    directory: FilePath | None = Field(
        default=None, description="Where they go. Default: `recordings` in `state_dir`."
    )
    tone: bool = Field(
        default=True, description="Both ends hear a tone every 15 s while a call is recorded."
    )


EndpointName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,32}$")]

Mode = Literal["auto", "jabra", "generic", "off"]


class Calls(Section):
    """How calls are taken."""

    waiting: bool = Field(
        default=True,
        description="`true`: a second call rings while you are in one. `false`: it hears busy. "
        "`offhook waiting on` and `off` switch it, also over a restart.",
    )
    answer_locked: bool = Field(
        default=True,
        description="Whether a phone that is locked (`offhook lock`: it calls emergency numbers "
        "only) takes calls. `false`: whoever calls hears busy.",
    )
    intercom: Literal["off", "muted", "open"] = Field(
        default="off",
        description="Calls that ask to be answered by themselves: `off`: they ring like others. "
        "`muted`: answered after a tone, and you are heard once you unmute. `open`: the same, and "
        "the room is heard at once.",
    )
    endpoints: dict[EndpointName, Line] = Field(
        default_factory=dict,
        description="Other telephones of yours, such as `desk: 201`: a name and a number or SIP "
        "address, for `offhook move desk` and `offhook call NUMBER --from desk`.",
    )


class Device(Section):
    """One device, under its id from `offhook devices list`."""

    use: bool = Field(default=True, description="`false`: leave this device alone.")
    mode: Mode | None = Field(
        default=None, description="As `headset.mode`, for this device. Default: that of all."
    )


class Headset(Section):
    """Keys and lamps of headsets."""

    mode: Mode = Field(
        default="auto",
        description="`auto`: by the profile of the vendor, where there is one. `jabra`: the same. "
        "`generic`: by the standard telephony usages alone. `off`: keys and lamps are left alone, "
        "sound still works. A call of another program on the headset is never cut.",
    )
    prefer: list[str] = Field(
        default_factory=list,
        description="Device ids, best first: which headset carries a call that is not answered "
        "on a headset. Default: the one that was there first.",
    )
    ring: Literal["all", "preferred"] = Field(
        default="all", description="Which headsets ring: `all`, or the `preferred` one alone."
    )
    foreign_call: Literal["ring", "silent"] = Field(
        default="ring",
        description="What a call does to a headset on which another program has a call: `ring` "
        "with their call kept, or leave it `silent`.",
    )
    keys: dict[str, str] = Field(
        default_factory=dict,
        description="What free keys do where they have no other meaning, such as `speed_dial: dial "
        "202` or `teams: toggle_mute`. Keys: those of `offhook devices list`, without `hook`. "
        "Actions: `dial NUMBER` and `redial` outside a call; `dtmf DIGITS`, `divert [NUMBER]`, "
        "`transfer [NUMBER]`, `move [ENDPOINT]`, `pull`, `answer`, `reject`, `silence`, `hangup`, "
        "`hold`, `resume`, `toggle_hold`, `swap`, `end_and_answer`, `back`, `conference`, `mute`, "
        "`unmute`, `toggle_mute`, `record`, `stop_recording`, `dnd`, `dnd_on`, `dnd_off`, "
        "`waiting`, `waiting_on`, `waiting_off`, `lock`, `unlock` at any time.",
    )
    keypad: Literal["key", "pause"] = Field(
        default="key",
        description="What dials the digits typed on a device while there is no call. `key`: "
        "lifting it, or its answer or Send key. `pause`: when it was lifted before, also `#` or "
        "4 s without a digit; not for devices on which you type into other programs' calls.",
    )
    devices: dict[str, Device] = Field(
        default_factory=dict, description="Settings of single devices, see below."
    )


class Mqtt(Secret):
    """MQTT. Without this section a private broker is started that only this machine reaches."""

    broker: Line | None = Field(
        default=None,
        description="Host name or address of a broker. `private`: one of our own on this machine "
        "(the default). `off`: no MQTT; `mqtt: off` says the same.",
    )
    port: Port | None = Field(
        default=None, description="Port of the broker. Default: 1883, with TLS 8883."
    )
    socket: FilePath | None = Field(
        default=None, description="Unix socket of a broker on this machine, instead of `broker`."
    )
    user: Line | None = Field(default=None, description="User name at the broker.")
    tls: bool = Field(
        default=False, description="Encrypt, and check the certificate of the broker."
    )
    ca_file: FilePath | None = Field(
        default=None,
        description="PEM file with the certificates to trust. Default: those of the system.",
    )
    cert_file: FilePath | None = Field(default=None, description="Our own certificate, PEM.")
    key_file: FilePath | None = Field(default=None, description="The key of `cert_file`, PEM.")
    check_name: bool = Field(
        default=True, description="`false` accepts a certificate made for another host name."
    )
    version: Literal["auto", "5", "3.1.1"] = Field(
        default="auto", description="Which MQTT to speak."
    )
    topic: Annotated[str, StringConstraints(pattern=ROOT_FORM)] = Field(
        default="offhook", description="First level of all topics."
    )
    client_id: Line | None = Field(
        default=None, description="Default: `offhook-` and the bridge id."
    )
    allow_dial: bool | None = Field(
        default=None,
        description="Whether MQTT commands may start calls. Default: only with a broker on this "
        "machine.",
    )
    private_port: AnyPort = Field(
        default=0, description="Port on 127.0.0.1 that the private broker opens, too; 0: none."
    )
    keepalive: Annotated[int, Field(ge=1, le=120)] = Field(
        default=10, description="Seconds; a frozen broker is noticed after twice this time."
    )


class Control(Section):
    """The socket that the `offhook` command talks to."""

    socket: FilePath | None = Field(
        default=None,
        description="Default: `control.sock` in `$RUNTIME_DIRECTORY`, else in "
        "`$XDG_RUNTIME_DIR/offhook`, else in the state directory.",
    )


class History(Section):
    """The call list. It stays on this machine, in a file that only its owner reads."""

    days: Annotated[int, Field(ge=0, le=3650)] = Field(
        default=30,
        description="Calls are forgotten after so many days. 0: none is kept, and the number for "
        "`redial` lasts until the daemon ends.",
    )


class Ldap(Secret):
    """A directory that is asked for callers and in searches; nothing of it is kept."""

    url: Line = Field(
        description="`ldaps://HOST`, `ldap://HOST` or `ldapi://PATH`. Needs "
        "`pip install 'offhook[ldap]'`."
    )
    base: Line = Field(description="Where people are in it, such as `ou=people,dc=example,dc=org`.")
    bind_dn: Line | None = Field(
        default=None, description="Who to log in as. Default: nobody in particular."
    )
    start_tls: bool = Field(default=False, description="Encrypt a connection to `ldap://`.")
    ca_file: FilePath | None = Field(
        default=None,
        description="PEM file with the certificates to trust. Default: those of the system.",
    )
    filter: Line = Field(default="(objectClass=person)", description="Which entries are people.")
    name: Line = Field(default="cn", description="Attribute with the name.")
    company: Line = Field(default="o", description="Attribute with the company.")
    numbers: list[Line] = Field(
        default_factory=lambda: ["telephoneNumber", "mobile", "homePhone"],
        min_length=1,
        max_length=8,
        description="Attributes with telephone numbers, the one to call first.",
    )
    timeout: Annotated[int, Field(ge=1, le=10)] = Field(
        default=2, description="Seconds to wait for an answer; a call never waits for it."
    )


class Contacts(Section):
    """Directories besides your own contacts (`offhook contacts`); they are only read."""

    files: list[FilePath] = Field(
        default_factory=list,
        max_length=16,
        description="vCard (`.vcf`) and CSV files, the one that knows best first. A changed file "
        "is read again by itself.",
    )
    ldap: Ldap | None = Field(default=None, description="See below.")


class Log(Section):
    """Messages on standard error, or in the journal."""

    level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="Secrets are left out and numbers masked at every level."
    )


class Privacy(Section):
    """What others may see."""

    numbers: Literal["masked", "full"] = Field(
        default="masked",
        description="Telephone numbers and names in MQTT: only the last two digits and no names, "
        "or all of it. Logs are always masked.",
    )


class ConfigFile(Section):
    """The whole file; every section may be missing."""

    account: Account | None = Field(
        default=None,
        description="The one account of a simple set-up, the same as one entry of `accounts`.",
    )
    accounts: list[Account] = Field(default_factory=list, description="SIP accounts, at most 8.")
    audio: Audio = Field(default_factory=Audio)
    barring: Barring = Field(default_factory=Barring)
    bridge: Bridge = Field(default_factory=Bridge)
    calls: Calls = Field(default_factory=Calls)
    contacts: Contacts = Field(default_factory=Contacts)
    control: Control = Field(default_factory=Control)
    desktop: Desktop = Field(default_factory=Desktop)
    gateway: Gateway = Field(default_factory=Gateway)
    favourites: list[FavouriteEntry] = Field(
        default_factory=list, description="Keys of panels and telephones, at most 999."
    )
    headset: Headset = Field(default_factory=Headset)
    history: History = Field(default_factory=History)
    http: Http = Field(default_factory=Http)
    keys: Keys = Field(default_factory=Keys)
    lamps: Lamps = Field(default_factory=Lamps)
    limits: Limits = Field(default_factory=Limits)
    log: Log = Field(default_factory=Log)
    meetings: Meetings = Field(default_factory=Meetings)
    home_assistant: HomeAssistant = Field(default_factory=HomeAssistant)
    mqtt: Mqtt = Field(default_factory=Mqtt)
    numbers: Numbers = Field(default_factory=Numbers)
    forwarding: ForwardingSection = Field(default_factory=ForwardingSection)
    page: PageSection = Field(default_factory=PageSection)
    panels: Panels = Field(default_factory=Panels)
    pbx: Pbx = Field(default_factory=Pbx)
    presence: PresenceSection = Field(default_factory=PresenceSection)
    phones: list[Phone] = Field(
        default_factory=list, description=f"Desk phones, at most {MOST_PHONES}."
    )
    privacy: Privacy = Field(default_factory=Privacy)
    recording: Recording = Field(default_factory=Recording)
    remote: Remote = Field(default_factory=Remote)
    sip: Sip = Field(default_factory=Sip)
    state_dir: FilePath | None = Field(
        default=None,
        description="Directory for state that outlives a restart. Default: `$STATE_DIRECTORY` "
        "under systemd, else `~/.local/state/offhook`.",
    )
