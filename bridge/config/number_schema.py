"""The keys about numbers: dial plans, barring, limits. Part of ``schema``."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from bridge.config.section import Section

COUNTRY_FORM = r"^[A-Z]{2}$"
AREA_FORM = r"^[0-9]{1,8}$"
OUTSIDE_FORM = r"^[0-9*#]{1,4}$"
SHORT_FORM = r"^[0-9]{2,8}$"

Country = Annotated[str, StringConstraints(pattern=COUNTRY_FORM)]
ShortNumber = Annotated[str, StringConstraints(pattern=SHORT_FORM)]
Rule = Annotated[str, StringConstraints(min_length=1, max_length=64)]


class Numbers(Section):
    """How numbers are read and sent, for all accounts; `numbers` of one account wins."""

    country: Country | None = Field(
        default=None,
        description="ISO 3166 code of the country the telephone stands in, such as `DE`: how "
        "national numbers are read and which emergency numbers there are. Without it numbers go as "
        "they are typed.",
    )
    area: Annotated[str, StringConstraints(pattern=AREA_FORM)] | None = Field(
        default=None,
        description="Area code, such as `089`: for numbers that are typed without one. Needs "
        "`country`.",
    )
    extensions: list[Rule] | None = Field(
        default=None,
        max_length=64,
        description="Internal numbers: `33`, `2xx` (`x` any digit) or `200-299`. Default: all of "
        "up to 5 digits that do not begin with 0.",
    )
    outside: Annotated[str, StringConstraints(pattern=OUTSIDE_FORM)] | None = Field(
        default=None,
        description="What the PBX wants in front of public numbers, such as `0`. It may be typed "
        "or not. Emergency numbers never get it.",
    )
    send: Literal["typed", "e164", "idd", "national"] | None = Field(
        default=None,
        description="How the PBX wants public numbers. `typed`: in the shape in which they were "
        "typed (the default). `e164`: `+4989123456`. `idd`: `004989123456`. `national`: "
        "`089123456`.",
    )
    emergency: list[ShortNumber] | None = Field(
        default=None,
        max_length=16,
        description="More emergency numbers, such as that of the works fire brigade. Those of the "
        "country, 112 and 911 are known.",
    )


class BarList(Section):
    """Rules of one direction: the most specific one decides, of two equal ones `deny`."""

    allow: list[Rule] = Field(
        default_factory=list,
        max_length=256,
        description="What may pass. With no `deny` beside it, everything else is barred.",
    )
    deny: list[Rule] = Field(
        default_factory=list,
        max_length=256,
        description="What is barred: numbers that begin with digits (`+4989`, `0900`), ranges "
        "(`200-299`, `+49891000-+49891999`), or `all`, `internal`, `abroad`, `premium`, "
        "`satellite`, `anonymous`.",
    )


class Barring(Section):
    """Who may be called, may ring, and where calls may go. Emergency numbers are never barred."""

    outgoing: BarList = Field(default_factory=BarList, description="Whom this telephone may call.")
    incoming: BarList = Field(default_factory=BarList, description="Who may ring it.")
    forwarded: BarList = Field(
        default_factory=BarList,
        description="Where calls may be forwarded, diverted or transferred, by star code too.",
    )


class Limits(Section):
    """Calls that nobody dials on a device: by MQTT, command line or link. Never emergency calls."""

    calls_in_10_s: Annotated[int, Field(ge=1, le=1000)] = Field(
        default=3, description="Calls one source may start in 10 seconds."
    )
    calls_in_an_hour: Annotated[int, Field(ge=1, le=100000)] = Field(
        default=30, description="Calls one source may start in an hour."
    )
    calls_at_once: Annotated[int, Field(ge=1, le=32)] = Field(
        default=2, description="Outgoing calls there may be when another one is started."
    )
    countries: list[Country] = Field(
        default_factory=list,
        max_length=256,
        description="Countries that may be called, such as `[DE, AT]`. Default: all.",
    )
    premium: bool = Field(default=False, description="Whether premium-rate numbers may be called.")
    satellite: bool = Field(
        default=False, description="Whether satellite telephones may be called."
    )
