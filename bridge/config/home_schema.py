"""The keys about Home Assistant. Part of ``schema``."""

from typing import Annotated

from pydantic import Field, StringConstraints

from bridge.config.section import ROOT_FORM, Section

Position = Annotated[int, Field(ge=1, le=999)]


class HomeAssistant(Section):
    """Home Assistant finds this bridge by itself, over the broker of `mqtt`."""

    discovery: bool = Field(
        default=False,
        description="Tell it of lines, headsets and keys. The broker has to allow us to write "
        "`homeassistant/device/offhook-<bridge>/config` and to read `homeassistant/status`.",
    )
    prefix: Annotated[str, StringConstraints(pattern=ROOT_FORM)] = Field(
        default="homeassistant", description="First level of its topics."
    )
    commands: bool = Field(
        default=False,
        description="It may hang up, mute and unmute; never answer or dial. Whoever may write to "
        "the broker in its name may, too.",
    )
    keys: list[Position] = Field(
        default_factory=list,
        max_length=64,
        description="Positions of favourites that it may press, with `commands`; a key that would "
        "dial does nothing then.",
    )
