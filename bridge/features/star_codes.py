"""The star codes of TELEPHONY, read.

Theory: a code is its digits, then what belongs to it, with nothing in between. ``*11`` takes the
longest text after it, so ``*110049892343123`` forwards to ``0049892343123`` while ``*103`` is
profile 3: ``*10`` takes exactly one digit. A second star before the target names the voice mail by
its own code, ``*11*791``. Two stars in front cancel. A ``#`` at the end is what people press to be
done and means nothing.

Source: DFN VoIP-Centrex web app manual (NFON Cloudya), table of star codes; ``*4``, ``*5`` proVoice
Contact Desktop user guide.
"""

import re

from bridge.model.forwarding import (
    PROFILES,
    ActivateProfile,
    CallIntercom,
    CancelForward,
    NotUnderstood,
    SetForward,
    StarCode,
    StartRecording,
    StopRecording,
    Target,
    To,
    When,
)

VOICEMAIL = "791"

_WHEN = {
    "1": When.ALWAYS,
    "2": When.NO_ANSWER,
    "3": When.BUSY,
    "4": When.UNREACHABLE,
}
_RECORDING: dict[str, StarCode] = {"*4": StartRecording(), "*5": StopRecording()}
_NUMBER = re.compile(r"\+?[0-9]{1,31}")
_BRACKETS = re.compile(r"[\s()/.-]")  # people type numbers as they see them


def read_star_code(text: str, voicemail: str = VOICEMAIL) -> StarCode | NotUnderstood | None:
    """Return what a typed text asks for.

    Args:
        text: as typed; blanks, brackets and a ``#`` at the end do not count.
        voicemail: number that means the voice mail after ``*1x*``.

    Returns:
        The code; ``NotUnderstood`` for what begins like one of ours and is none; None for
        everything else, which is dialled as it is (the PBX may know it).
    """
    code = _BRACKETS.sub("", text).removesuffix("#")
    if code in _RECORDING:
        return _RECORDING[code]
    if code.startswith("*10"):
        return _profile(code.removeprefix("*10"))
    if code.startswith("**1"):
        return _cancel(code.removeprefix("**1"))
    if code.startswith("*1"):
        return _forward(code.removeprefix("*1"), voicemail)
    return _intercom(code.removeprefix("*80")) if code.startswith("*80") else None


def _profile(rest: str) -> StarCode | NotUnderstood:
    if len(rest) == 1 and rest in "0123456789":
        return ActivateProfile(int(rest))
    expected = f"one digit from {PROFILES[0]} to {PROFILES[-1]}"
    return NotUnderstood(f"*10 expects the number of a forwarding profile after it: {expected}")


def _cancel(rest: str) -> StarCode | NotUnderstood:
    if rest in _WHEN:
        return CancelForward(_WHEN[rest])
    return NotUnderstood("** expects 11, 12, 13 or 14 to cancel a forwarding, and nothing after it")


def _forward(rest: str, voicemail: str) -> StarCode | NotUnderstood:
    digit, target = rest[:1], rest[1:]
    if digit not in _WHEN:
        return NotUnderstood(
            "*1 expects 0 to 4 after it: profile, always, no answer, busy, offline"
        )
    if target.startswith("*"):
        if target == f"*{voicemail}":
            return SetForward(_WHEN[digit], Target(To.VOICEMAIL))
        return NotUnderstood(f"*1{digit}* expects {voicemail} after it, for the voice mail")
    if _NUMBER.fullmatch(target):
        return SetForward(_WHEN[digit], Target(To.NUMBER, target))
    return NotUnderstood(f"*1{digit} expects the number to forward to after it")


def _intercom(rest: str) -> StarCode | NotUnderstood:
    if re.fullmatch(r"[0-9]{1,31}", rest):
        return CallIntercom(rest)
    return NotUnderstood("*80 expects the extension to speak to after it")


def write_star_code(word: str, target: str) -> str:
    """Return the code that says something about forwarding.

    Args:
        word: ``profile``, or a value of ``When``.
        target: number of the profile; number, ``voicemail``, or ``off``.
    """
    if word == "profile":
        return f"*10{target}"
    digit = next(digit for digit, when in _WHEN.items() if when.value == word)
    if target == "off":
        return f"**1{digit}"
    return f"*1{digit}*{VOICEMAIL}" if target == "voicemail" else f"*1{digit}{target}"
