"""The desk phones of the daemon: their door, their line beside SIP, and what their keys mean.

Imported only where a phone is configured: the HTTP server costs 9 MB.
"""

from collections.abc import Callable

from bridge.app.door import Door
from bridge.app.switchboard import Switchboard
from bridge.app.telephones import Inner, Telephones
from bridge.config.settings import Config
from bridge.drivers.http import HttpServer
from bridge.drivers.phones import Phones
from bridge.drivers.ports import Sink
from bridge.model.events import MatterChanged
from bridge.model.intents import Intent, Verb
from bridge.model.phones import Happening, PhoneEvent, PhoneSettings
from bridge.protocols.phone_events import ROOT

_SWITCHES = {
    Happening.DND_ON: Intent(Verb.DND_ON),
    Happening.DND_OFF: Intent(Verb.DND_OFF),
    Happening.MUTED: Intent(Verb.MUTE),
    Happening.UNMUTED: Intent(Verb.UNMUTE),
}


def with_phones(
    config: Config, make: Callable[[Sink], Inner], switchboard: Switchboard
) -> tuple[Telephones, Door]:
    """Return SIP and desk phones as one engine, and the door the phones come in by.

    Args:
        config: with phones.
        make: makes the engine of the SIP lines, given who takes its events.
        switchboard: the core's world.
    """
    now = switchboard.timers.now

    def pressed(phone: PhoneSettings, event: PhoneEvent) -> None:
        if (intent := intent_of(phone, event)) is not None:
            switchboard.ask(intent, lambda _answer: None, source=phone.account)

    def tell(text: str) -> None:
        switchboard.post(MatterChanged(now(), "http", text))

    phones = Phones(config.phones, switchboard.post, now, pressed)
    telephones = Telephones(phones, make, switchboard.post, now)
    return telephones, Door(
        lambda: HttpServer(config.http, {ROOT: phones.answer}, now),
        tell,
        phones.counts,
    )


def intent_of(phone: PhoneSettings, event: PhoneEvent) -> Intent | None:
    """Return what a key or switch of a phone asks for; None where it is not configured.

    Args:
        phone: with its keys.
        event: of a key, of do not disturb or of mute.
    """
    if event.happening in _SWITCHES:
        return _SWITCHES[event.happening]
    name = f"long {event.key}" if event.happening is Happening.LONG_KEY else event.key
    return dict(phone.keys).get(name)
