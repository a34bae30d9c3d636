"""The keys about forwarding calls where no PBX does it. Part of ``schema``."""

from typing import Annotated

from pydantic import Field, StringConstraints

from bridge.config.section import Section
from bridge.model.forwarding import CALLER_FORM

TARGET_FORM = r"^(voicemail|busy|ring|[+0-9][0-9 ()/.-]{0,31}|sips?:[^\s<>\"?]{1,100})$"

Target = Annotated[str, StringConstraints(pattern=TARGET_FORM)]
Caller = Annotated[str, StringConstraints(pattern=CALLER_FORM)]

_TARGET = "a number, a SIP address, `voicemail`, or `busy`"


class Rule(Section):
    """What becomes of the calls of some callers, whatever the rest of the profile says."""

    caller: Caller = Field(
        description="Who calls: `anonymous`, `internal`, an extension, a number as `+49891234`, or "
        "the beginning of numbers as `+4989*`. The most specific rule wins.",
    )
    always: Target | None = Field(
        default=None, description=f"Where to: {_TARGET}; `ring`: not forwarded."
    )
    busy: Target | None = Field(default=None, description="The same while you are on the phone.")
    no_answer: Target | None = Field(default=None, description="The same after ringing.")


class ForwardingProfile(Section):
    """One of up to ten ways to forward calls; exactly one is active."""

    number: Annotated[int, Field(ge=0, le=9)] = Field(
        description="0 to 9; 0 is the default profile, which star codes change."
    )
    title: Annotated[str, StringConstraints(max_length=64)] = Field(
        default="", description="What it is for. Needed but for profile 0."
    )
    color: Annotated[str, StringConstraints(max_length=32)] = Field(
        default="", description="For pictures, such as `red`."
    )
    always: Target | None = Field(default=None, description=f"Forward every call to: {_TARGET}.")
    busy: Target | None = Field(
        default=None, description="Forward while you are on the phone, or do not disturb is on."
    )
    no_answer: Target | None = Field(default=None, description="Forward when nobody answers.")
    after: Annotated[int, Field(ge=1, le=90)] = Field(
        default=20, description="Seconds of ringing before `no_answer`."
    )
    reject_anonymous: bool = Field(
        default=False, description="Callers who hide their number hear busy."
    )
    rules: list[Rule] = Field(
        default_factory=list, max_length=64, description="For single callers; not in profile 0."
    )


class ForwardingSection(Section):
    """Forwarding calls and obeying star codes here, for lines whose PBX does not do it."""

    here: bool = Field(
        default=False,
        description="`true`: Offhook forwards calls by itself and obeys `*10`n, `*11` to `*13`, "
        "`**11` to `**13`, `*4` and `*5`. `false`: the codes are dialled, and the PBX obeys them.",
    )
    profiles: list[ForwardingProfile] = Field(
        default_factory=list,
        max_length=10,
        description="Profile 0 is always there. Which one is active, and what star codes changed "
        "in profile 0, is kept over a restart.",
    )
