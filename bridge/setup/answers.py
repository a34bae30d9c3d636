"""A first configuration: answers in, a commented file out that the loader accepts. Pure.

What is not asked keeps its default; every key is in ``offhook config reference``.
"""

import json
import re
from dataclasses import dataclass, replace

from bridge.setup.pieces import Scope

SECRET_FILE = "/etc/offhook/secrets/sip"  # noqa: S105  # a path
SECRET_NAME = "secret_sip"  # noqa: S105  # LoadCredential=secret:… of the unit makes it of the path
USER_SECRET = ".config/offhook/password"  # noqa: S105
CONFIG = "/etc/offhook/config.yaml"
USER_CONFIG = ".config/offhook/config.yaml"


@dataclass(frozen=True, slots=True)
class Answers:
    """What a first configuration is made of; empty = not given.

    Args:
        server: PBX, host name or address, perhaps with a port.
        account: user part of the SIP address, often the extension.
        password: of the account.
        auth_user: user name that belongs to the password, where it is another one.
        transport: ``udp``, ``tcp`` or ``tls``.
        room: name of room or desk; its letters and digits become the id in MQTT topics.
        country: ISO 3166 code.
        microphone, speaker: names of sound devices; empty = the default ones.
        broker: MQTT broker.
        private_broker: a broker of its own can be started, where none is given.
        kiosk: the page is served, for the room's own screen.
        language: of the page, ``de`` or ``en``; empty = the browser's.
    """

    server: str = ""
    account: str = ""
    password: str = ""
    auth_user: str = ""
    transport: str = "udp"
    room: str = ""
    country: str = ""
    microphone: str = ""
    speaker: str = ""
    broker: str = ""
    private_broker: bool = True
    kiosk: bool = False
    language: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether nobody has said anything that a configuration could be made of."""
        return not self.server and not self.account


def missing(answers: Answers) -> tuple[str, ...]:
    """Return a sentence for each answer without which there is no telephone."""
    if answers.is_empty:
        return ()
    absent = []
    if not answers.server:
        absent.append("no server: give the PBX with --server")
    if not answers.account:
        absent.append("no account: give the extension with --account")
    return tuple(absent)


def id_of(room: str) -> str:
    """Return what of a name may stand in an MQTT topic: ``Sitzungsraum 3`` → ``sitzungsraum-3``."""
    swapped = room.lower()
    for umlaut, plain in (("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("ß", "ss")):
        swapped = swapped.replace(umlaut, plain)
    return re.sub(r"[^a-z0-9]+", "-", swapped).strip("-")[:32].strip("-") or "desk"


def configuration(answers: Answers, scope: Scope) -> str:
    """Return the text of a configuration file.

    Args:
        answers: complete, see ``missing``.
        scope: says where the password lies.
    """
    lines = [
        "# Written by `offhook setup`; yours from now on, it is never overwritten.",
        "# All keys: `offhook config reference`. Mistakes, all at once: `offhook config check`.",
        f"bridge: {{id: {_text(id_of(answers.room))}}}",
        "",
        "account:",
        "  id: desk                  # name of the line in commands, logs and MQTT topics",
        f"  server: {_text(answers.server)}",
        f"  user: {_text(answers.account)}",
    ]
    if answers.auth_user:
        lines.append(f"  auth_user: {_text(answers.auth_user)}")
    if answers.room:
        lines.append(f"  display_name: {_text(answers.room)}")
    lines.append(f"  transport: {answers.transport}            # udp, tcp or tls")
    lines += _secret(answers, scope)
    if answers.country:
        lines += [
            "",
            "numbers:",
            f"  country: {answers.country.upper()}             # how numbers are written here",
        ]
    lines += ["", *_sound(answers, scope), "", *_broker(answers)]
    if answers.kiosk:
        lines += ["", *_page(answers)]
    return "\n".join(lines) + "\n"


def without_secret(answers: Answers) -> Answers:
    """Return what may be shown."""
    return replace(answers, password="***" if answers.password else "")


def _secret(answers: Answers, scope: Scope) -> list[str]:
    if not answers.password:
        return ["  # no password was given; a PBX that asks for one refuses the line"]
    if scope is Scope.USER:
        return [f"  password_file: ~/{USER_SECRET}"]
    return [f"  password_credential: {SECRET_NAME}  # {SECRET_FILE}, which root alone reads"]


def _sound(answers: Answers, scope: Scope) -> list[str]:
    backend = "auto" if scope is Scope.USER else "alsa"
    why = (
        "PulseAudio, PipeWire or ALSA"
        if scope is Scope.USER
        else "a service has no session, so no sound server"
    )
    lines = ["audio:", f"  backend: {backend}             # {why}"]
    for key, value in (("microphone", answers.microphone), ("speaker", answers.speaker)):
        shown = (
            f"  {key}: {_text(value)}"
            if value
            else f"  # {key}: the default one; `offhook audio list` names them"
        )
        lines.append(shown)
    return lines


def _broker(answers: Answers) -> list[str]:
    if answers.broker:
        return ["mqtt:", f"  broker: {_text(answers.broker)}"]
    if answers.private_broker:
        return ["# MQTT: a private broker on this machine; another one: `mqtt: {broker: host}`"]
    return ["mqtt: off                   # no broker was given, and mosquitto is not installed"]


def _page(answers: Answers) -> list[str]:
    language = answers.language or "the browser's; `language: de` or `en`"
    return [
        "page:",
        "  enabled: true",
        f"  room: {_text(answers.room or 'Room')}",
        f"  language: {language}" if answers.language else f"  # language: {language}",
        "  kiosk:",
        "    barring: national       # or internal, everything; emergency numbers always",
        "  # the settings on the screen stay shut until there is a PIN: `offhook page pin`",
    ]


def _text(value: str) -> str:
    """Return a value that YAML reads as this text, whatever is in it."""
    return json.dumps(value, ensure_ascii=False)
