"""The keys about sound: devices, tones, volumes. Part of ``schema``."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from bridge.config.section import FilePath, Line, Section
from bridge.model.sound import VOLUME_FORM


class Ringtones(Section):
    """The tone of each kind of call: a WAV file (16 bit), `tone` for one made here, or `off`."""

    external: FilePath = Field(default="tone", description="Somebody calls from outside.")
    internal: FilePath = Field(default="tone", description="A colleague calls.")
    waiting: FilePath = Field(
        default="tone", description="Somebody calls while there is a call: heard in the ear."
    )


Loudness = Annotated[str, StringConstraints(pattern=VOLUME_FORM)]


class Volume(Section):
    """Volumes: per cent as sound servers have them (0 to 150), or decibels such as `-6 dB`.

    Ours alone: the mixer of the system is left alone.
    """

    microphone: Loudness = Field(
        default="100", description="What others hear of you. Above 100 loud words are held back."
    )
    speaker: Loudness = Field(default="100", description="What you hear in calls.")
    ringer: Loudness = Field(default="100", description="The ring tone.")


class Audio(Section):
    """Sound. `offhook audio list` shows the devices and their names."""

    backend: Literal["auto", "pulse", "alsa", "silent"] = Field(
        default="auto",
        description="`pulse`: PulseAudio or PipeWire. `alsa`: the sound card itself. `silent`: "
        "calls without sound. `auto`: the first of them that works.",
    )
    microphone: Line | None = Field(
        default=None, description="Name of the microphone. Default: the system's default."
    )
    speaker: Line | None = Field(
        default=None, description="Name of the speaker. Default: the system's default."
    )
    ringer: Line | None = Field(
        default=None, description="Name of the speaker that rings. Default: the system's default."
    )
    ring_at: Literal["ringer", "headset", "both"] = Field(
        default="ringer",
        description="Where the ring tone is heard: on `ringer`, in the headset (its own speaker if "
        "`follow` is on and one is plugged in, else `speaker`), or both.",
    )
    follow: bool = Field(
        default=True,
        description="A call that is answered or placed with a headset's own key has that headset's "
        "own microphone and speaker; the devices named here serve all others.",
    )
    echo_cancel: Literal["auto", "server", "off"] = Field(
        default="auto",
        description="Take what the speaker plays out of what the microphone hears, by the "
        "echo-cancel module of PulseAudio or PipeWire. `auto`: where the speaker is known to stand "
        "in the room (a speakerphone, the speakers of a laptop or a screen), not on a headset. "
        "`server`: always. `off`: never, as for a device that does it itself.",
    )
    noise_suppression: bool = Field(
        default=True, description="Where echo is cancelled, take steady noise out, too."
    )
    rate: Literal[8000, 16000, 32000, 48000] = Field(
        default=16000, description="Samples per second inside; 16000 is what G.722 carries."
    )
    keep_open: bool = Field(
        default=False,
        description="Keep microphone and speaker open between calls: a faster start, but the "
        "desktop shows the microphone in use.",
    )
    hold_music: FilePath = Field(
        default="tone",
        description="What the other end hears while we hold: a WAV file (16 bit), `tone` for a "
        "quiet melody, or `off`.",
    )
    ringtones: Ringtones = Field(default_factory=Ringtones, description="See below.")
    volume: Volume = Field(default_factory=Volume, description="See below.")
    key_tones: bool = Field(
        default=True, description="Digits that are sent in a call are heard in the ear."
    )
