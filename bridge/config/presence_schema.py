"""The keys about the user's own presence. Part of ``schema``."""

from typing import Annotated, Literal

from pydantic import Field

from bridge.config.section import Id, Section


class PresenceSection(Section):
    """What others see of you: set by hand (`offhook presence`), or by itself."""

    away_after: Annotated[int, Field(ge=0, le=720)] = Field(
        default=0,
        description="Minutes after which you are shown as away, counted from when your desktop "
        "says that the machine is idle (logind's `IdleHint`). 0: never by itself.",
    )
    elsewhere: Literal["busy", "dnd", "away", "phone-only", "none"] = Field(
        default="busy",
        description="What you are shown as in a meeting (MQTT command `meeting_on`), or while "
        "another program uses your headset for a call. `none`: nothing.",
    )
    publish: bool = Field(
        default=False,
        description="Publish it on MQTT under `presence/`, for everybody who may read there.",
    )
    user: Id | None = Field(
        default=None,
        description="Last level of that topic; no telephone number. Default: `bridge.id`.",
    )
