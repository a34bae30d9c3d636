"""The word ``audio`` of the command line. Its handlers are named, see ``main``."""

import argparse

from bridge.cli.words import Words, group, word
from bridge.model.sound import SoundPart, factor_of

LONGEST_S = 3600.0


def add_audio(words: Words) -> None:
    """Add ``audio``."""
    audio = group(words, "audio", "microphones, speakers and how they sound")
    word(audio, "list", "audio:show", "list the sound devices and say which are used, and why")
    levels = word(
        audio,
        "levels",
        "audio:levels",
        "show how loud the microphone is, live; a running call goes on",
        ["offhook audio levels", "offhook audio levels --seconds 5 --json"],
    )
    levels.add_argument("--seconds", type=_seconds, metavar="N", help="end after so long")
    levels.add_argument("--device", metavar="NAME", help="a microphone of `offhook audio list`")
    volume = word(
        audio,
        "volume",
        "audio:volume",
        "show the volumes, or change one until the daemon ends, also in a call",
        [
            "offhook audio volume",
            "offhook audio volume speaker 70",
            "offhook audio volume microphone '-6 dB'",
        ],
    )
    volume.add_argument("part", nargs="?", choices=[one.value for one in SoundPart])
    volume.add_argument("volume", nargs="?", type=_volume, help="per cent, 0 to 150, or dB")
    test = word(
        audio,
        "test",
        "audio:test",
        "sound a tone on speaker and ringer, then record 3 s and play them back",
        ["offhook audio test", "offhook audio test --all", "offhook audio test --loop"],
    )
    which = test.add_mutually_exclusive_group()
    which.add_argument("--all", action="store_true", help="a tone on every speaker there is")
    which.add_argument(
        "--loop",
        action="store_true",
        help="call yourself instead: a tone is timed there and back, then you hear your voice "
        "come back through a real call; a running daemon is left alone",
    )


def _volume(text: str) -> str:
    try:
        factor_of(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return text


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= LONGEST_S:
        expected = f"seconds, more than 0 and at most {LONGEST_S:.0f}"
        raise argparse.ArgumentTypeError(f"found {text[:40]!r}, expected {expected}")
    return seconds
