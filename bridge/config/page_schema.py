"""The keys about the page and its roles. Part of ``schema``."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from bridge.config.section import AnyPort, FilePath, Line, Section

HOLDER_FORM = r"^[a-z0-9-]{1,32}$"
MOST_TOKENS = 32


class PageTls(Section):
    """Certificate of the page; both or none."""

    certificate: FilePath | None = Field(
        default=None, description="PEM file with the certificate and those that sign it."
    )
    key: FilePath | None = Field(default=None, description="The key of `certificate`, PEM.")


class PagePin(Section):
    """The PIN that opens the settings."""

    hash_file: FilePath | None = Field(
        default=None,
        description="File with the hash that `offhook page pin` writes. Without one the settings "
        "stay shut on a room's screen.",
    )


class PageTokenEntry(Section):
    """Somebody who may open the page from elsewhere."""

    name: Annotated[str, StringConstraints(pattern=HOLDER_FORM)] = Field(
        description="Whose token it is: small letters, digits and `-`."
    )
    role: Literal["viewer", "user", "administrator"] = Field(
        default="user",
        description="`viewer`: sees lines and lamps, numbers masked. `user`: the telephone. "
        "`administrator`: the settings as well.",
    )
    token_file: FilePath = Field(
        description="File whose first line is the token; not readable by everybody. `offhook page "
        "token NAME` makes one."
    )


class Kiosk(Section):
    """What anybody may do at a room's own screen."""

    barring: Literal["internal", "national", "everything"] = Field(
        default="everything",
        description="How far it calls: extensions alone, also numbers of the country (without "
        "premium-rate ones), or whatever `barring` and `limits` allow. Emergency numbers always.",
    )
    history: bool = Field(default=False, description="Show the call list in the room.")
    contacts: Literal["directory", "no"] = Field(
        default="directory",
        description="Whom the room finds: people of the directories, or nobody. Your own contacts "
        "are never shown there.",
    )
    clear_after_s: Annotated[int, Field(ge=10, le=3600)] = Field(
        default=60,
        description="Seconds without a touch after which the screen is as new.",
    )


class PageSection(Section):
    """The page: the telephone in a browser, on a desk or in a meeting room."""

    enabled: bool = Field(default=False, description="Serve the page.")
    bind: Line = Field(
        default="127.0.0.1",
        description="Address of this machine to listen on. Any other than those of the machine "
        "itself needs `tokens`, and `tls` or `behind_proxy`.",
    )
    port: AnyPort = Field(default=8089, description="TCP port; 0: any free one.")
    names: list[Line] = Field(
        default_factory=list,
        max_length=16,
        description="Host names under which browsers reach the page. Addresses and `localhost` "
        "are known; requests for other names are refused.",
    )
    tls: PageTls = Field(default_factory=PageTls, description="See below.")
    behind_proxy: bool = Field(
        default=False,
        description="A proxy in front encrypts and passes on the `Host` as it came. Whoever comes "
        "by it needs a token, also from this machine.",
    )
    room: Annotated[str, StringConstraints(max_length=64)] = Field(
        default="", description="Name of the room. Empty: a desk."
    )
    language: Literal["de", "en"] | None = Field(
        default=None, description="Default: that of the browser."
    )
    theme: Literal["auto", "light", "dark", "contrast"] = Field(
        default="auto", description="How it looks; `auto`: as the system does."
    )
    pin: PagePin = Field(default_factory=PagePin, description="See below.")
    tokens: list[PageTokenEntry] = Field(
        default_factory=list, max_length=MOST_TOKENS, description="See below."
    )
    kiosk: Kiosk = Field(default_factory=Kiosk, description="See below.")
    virtual_headset: bool = Field(
        default=False,
        description="A headset to press on the page, made of a real descriptor, as long as none "
        "is plugged in.",
    )
