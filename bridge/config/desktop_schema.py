"""The keys about the user's session: notices, links, players, key bindings. Part of ``schema``."""

from typing import Annotated, Literal

from pydantic import Field

from bridge.config.section import FilePath, Line, Section

NoticeName = Literal["incoming", "missed", "held", "voicemail", "problems"]
ALL_NOTICES: tuple[NoticeName, ...] = ("incoming", "missed", "held", "voicemail", "problems")


class Desktop(Section):
    """Notices, links and media players of the session Offhook runs in; `desktop: off`: none."""

    notices: list[NoticeName] = Field(
        default_factory=lambda: list(ALL_NOTICES),
        description="What is told on the screen: a call that rings (with keys to answer, reject or "
        "send to the voice mail), missed calls, calls held for long, voice messages, problems. "
        "`[]`: nothing.",
    )
    callers: Literal["full", "masked", "hidden"] = Field(
        default="full",
        description="How much of a caller a notice shows: `full`: name and number. `masked`: the "
        "last two digits. `hidden`: that somebody calls. Notices may show on a locked screen.",
    )
    held_after: Annotated[int, Field(ge=10, le=3600)] = Field(
        default=120, description="Seconds on hold after which a call is told."
    )
    confirm_links: Literal["always", "outside"] = Field(
        default="always",
        description="When a clicked link (`tel:`, `callto:`, `sip:`) is asked about before it is "
        "dialled: `always`, or only when it leads `outside`, away from extensions of your PBX.",
    )
    links_from: Line | None = Field(
        default=None,
        description="Which of your telephones calls where a link leads, as for `offhook call "
        "--from`. Default: this desk.",
    )
    pause_players: bool = Field(
        default=False,
        description="`true`: media players that play are paused in a call, and go on after it.",
    )


class Keys(Section):
    """What keys do: shortcuts on a keyboard, and free keys of headsets as in `headset.keys`."""

    bind: dict[str, str] = Field(
        default_factory=dict,
        description="Such as `Ctrl+Alt+A: answer` or `teams: toggle_mute`. A shortcut is Ctrl, "
        "Alt, Shift, Super and one key (a letter, digit, F1 to F24, Up, Down, Space, …); actions "
        "are those of `headset.keys`.",
    )
    keyboards: list[FilePath] = Field(
        default_factory=list,
        max_length=8,
        description="Input devices that are read for the shortcuts where no desktop does it: "
        "consoles and kiosks. Paths such as `/dev/input/by-id/usb-…-event-kbd`; no other is ever "
        "opened. Letters are by their place on a US keyboard. Default: the desktop is asked.",
    )
