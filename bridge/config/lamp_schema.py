"""The keys about lamps and favourites. Part of ``schema``."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from bridge.config.section import Section

EXTENSION_FORM = r"^[0-9A-Za-z_.-]{1,32}$"
STAR_CODE_FORM = r"^[0-9*#]{0,8}$"

StarCode = Annotated[str, StringConstraints(pattern=STAR_CODE_FORM)]
Text = Annotated[str, StringConstraints(max_length=128)]


class LampCodes(Section):
    """Star codes that keys dial. Where one is empty, the PBX is asked over MQTT instead."""

    pick_up: StarCode = Field(
        default="**", description="Before the extension at which a call rings."
    )
    fetch: StarCode = Field(
        default="",
        description="Before the park slot in which a call waits. Default: its own number does.",
    )
    queue_login: StarCode = Field(default="", description="Before the queue to log in to.")
    queue_logout: StarCode = Field(default="", description="Before the queue to log out of.")
    forwarding: StarCode = Field(
        default="", description="Before the number of a forwarding profile, such as `*10`."
    )


class Lamps(Section):
    """Busy lamps: what they look like, and what their keys do."""

    extension: Annotated[str, StringConstraints(pattern=EXTENSION_FORM)] | None = Field(
        default=None,
        description="Our own, for the keys about ourselves. Default: `user` of the first account.",
    )
    look: Literal["generic", "yealink", "poly", "gigaset", "snom", "single", "high-contrast"] = (
        Field(
            default="generic",
            description="Colours and patterns: `generic`, as a vendor's telephones, `single` "
            "colour, or `high-contrast` for who sees no colours (`bridge/blf/TABLES.md`). A panel "
            "with fewer colours shows the nearest that can be told apart.",
        )
    )
    in_call: Literal["consult", "blind"] = Field(
        default="consult",
        description="A colleague's key in a call: `consult`: the call waits and the colleague is "
        "called; pressed again, both are connected. `blind`: the call is sent there at once. "
        "Holding the key does the other.",
    )
    pick_up: Literal["code", "replaces"] = Field(
        default="code",
        description="A colleague's key while it rings there: `code`: the star code is dialled. "
        "`replaces`: the call is taken over by SIP (RFC 3891) where the PBX tells its dialog "
        "(`gateway.dialogs`), else as `code`; the caller's telephone has to know it.",
    )
    tell_when_free: Annotated[int, Field(ge=1, le=24)] = Field(
        default=4, description="Hours that a press on a busy key waits for the line to be free."
    )
    codes: LampCodes = Field(default_factory=LampCodes, description="See below.")


class FavouriteEntry(Section):
    """One key. `offhook favourites` edits over this list without changing the file."""

    position: Annotated[int, Field(ge=1, le=999)] = Field(
        description="Place on panels and telephones, from 1; each once."
    )
    name: Annotated[str, StringConstraints(min_length=1, max_length=64)] = Field(
        description="Label; personal data."
    )
    type: Literal[
        "blf",
        "speed-dial",
        "line",
        "feature-code",
        "queue",
        "forwarding",
        "dnd",
        "park",
        "voicemail",
        "presence",
    ] = Field(default="blf", description="What the key is.")
    target: Text = Field(
        default="",
        description="By type: extension, number, account id, star code, queue, profile 0 to 9, "
        "park slot, mailbox number, presence state. `dnd`: nothing for this desk, `global` for "
        "all our telephones. May be left out for `line` (the first), `queue` (all of ours), `dnd` "
        "and `voicemail`.",
    )
    long_press: Text = Field(
        default="", description="Number or code that is dialled when the key is held for 0.5 s."
    )
    subject: Text = Field(
        default="",
        description="Extension whose lamp the key shows, where that is not `target`: that of a "
        "`feature-code`, or the mailbox of a `voicemail` key.",
    )
