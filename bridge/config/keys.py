"""Actions of free keys: a word in the configuration, an intent in the core."""

from bridge.model.hid import Control
from bridge.model.intents import Intent, Verb

FREE_KEYS = frozenset(c.value for c in Control) - {
    Control.HOOK.value,  # the hook answers and hangs up, whatever anybody configures
    Control.KEYPAD.value,
    Control.LINE.value,
    Control.LINE_BUSY.value,
}


def key_intent(text: str) -> Intent | None:
    """Return what an action of ``headset.keys`` means, or None when it means nothing.

    Args:
        text: ``dial NUMBER`` or ``redial``: what makes sense while there is no call.
    """
    word, _, rest = text.strip().partition(" ")
    if word == "dial" and rest.strip():
        return Intent(Verb.DIAL, target=rest.strip())
    return Intent(Verb.REDIAL) if text.strip() == "redial" else None
