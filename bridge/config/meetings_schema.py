"""The keys about meetings of the room. Part of ``schema``."""

from typing import Annotated

from pydantic import Field

from bridge.config.account_schema import Secret
from bridge.config.section import FilePath, Id, Line, Section


class Meetings(Secret):
    """Meetings of this room (or desk): shown, joined with one touch (`offhook join`)."""

    url: Line | None = Field(
        default=None,
        description="Address of the room's calendar in iCalendar form, `https://…` or "
        "`webcal://…`. Whoever knows a private address reads the calendar: `chmod 600` the file it "
        "stands in.",
    )
    file: FilePath | None = Field(
        default=None, description="An iCalendar file (`.ics`) instead; read again when it changes."
    )
    user: Line | None = Field(default=None, description="User name at the calendar's server.")
    ca_file: FilePath | None = Field(
        default=None,
        description="PEM file with the certificates to trust. Default: those of the system.",
    )
    mqtt: bool = Field(
        default=False,
        description="Take meetings from the MQTT topic `calendar` of this bridge, which a program "
        "of yours writes. Whoever may write there decides what is dialled when *join* is pressed, "
        "within `barring` and `limits`.",
    )
    refresh: Annotated[int, Field(ge=1, le=720)] = Field(
        default=5, description="Minutes between two looks at the calendar."
    )
    titles: bool = Field(
        default=False,
        description="Show titles. Without it every meeting is called *Meeting*: a room's screen is "
        "seen by everybody.",
    )
    busy: bool = Field(
        default=True, description="While a meeting runs, show `presence.elsewhere` to others."
    )
    early: Annotated[int, Field(ge=0, le=120)] = Field(
        default=15, description="Minutes before its start from which a meeting can be joined."
    )
    trust_clock: bool = Field(
        default=False,
        description="Believe this machine's clock although the system does not say that it is "
        "set. Without it nothing is joined until then: with a wrong clock it would be yesterday's "
        "meeting.",
    )


class Remote(Section):
    """Control another bridge, which has the headset; for terminal servers. No SIP here then."""

    bridge: Id | None = Field(
        default=None,
        description="Its `bridge.id`, at the same broker. `auto`: the one that has the first "
        "account of this file, which is found by itself; it need have no password here.",
    )
