"""Actions of free keys: a word in the configuration, an intent in the core."""

from bridge.model.hid import Control
from bridge.model.intents import Intent, Verb

FREE_KEYS = frozenset(c.value for c in Control) - {
    Control.HOOK.value,  # the hook answers and hangs up, whatever anybody configures
    Control.KEYPAD.value,
    Control.LINE.value,
    Control.LINE_BUSY.value,
}

_WITH_TEXT = {"dial": Verb.DIAL, "dtmf": Verb.DTMF}
_MAY_HAVE_TEXT = {"divert": Verb.DIVERT, "transfer": Verb.TRANSFER, "move": Verb.MOVE}
_NOT_ALONE = {*_WITH_TEXT.values(), Verb.CALL_BACK}  # the list of calls knows whom
_ALONE = {verb.value: verb for verb in Verb if verb not in _NOT_ALONE}
_ALONE["dnd"] = Verb.TOGGLE_DND
_ALONE["waiting"] = Verb.TOGGLE_WAITING

ACTIONS = ", ".join(
    (
        "dial NUMBER",
        "dtmf DIGITS",
        *(f"{w} [NUMBER]" if w in _MAY_HAVE_TEXT else w for w in sorted(_ALONE)),
    )
)
"""What may stand there, for people."""

_KEYS_OF_A_PHONE = frozenset("0123456789*#ABCD")  # RFC 4733 events 0..15


def key_intent(text: str) -> Intent | None:
    """Return what an action of ``headset.keys`` or ``keys.bind`` means, or None for nothing.

    Args:
        text: ``dial NUMBER``, ``dtmf DIGITS``, ``divert`` and ``transfer`` with or without a
            number, ``move`` with or without the name of an endpoint, or any other verb alone.
    """
    word, _, rest = text.strip().partition(" ")
    rest = rest.strip()
    if rest and word in _MAY_HAVE_TEXT:
        return Intent(_MAY_HAVE_TEXT[word], target=rest)
    if word not in _WITH_TEXT:
        verb = _ALONE.get(word)
        return None if verb is None or rest else Intent(verb)
    is_digits = set(rest.upper()) <= _KEYS_OF_A_PHONE
    return Intent(_WITH_TEXT[word], target=rest) if rest and (word == "dial" or is_digits) else None
