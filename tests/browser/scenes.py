"""States of a telephone as the daemon tells them: what the page is shown without one."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

Json = dict[str, object]

UP = ["hangup", "mute", "unmute", "dtmf", "transfer", "move", "record", "hold"]
TWO = [*UP, "swap", "conference", "back"]
RINGS = ["answer", "reject", "silence", "divert"]
MAY = [
    *("see", "call", "history", "contacts", "own_contacts", "meetings", "volume", "devices"),
    *("presence", "dnd", "personal"),
]
ROOM = ["see", "call", "contacts", "history", "meetings", "volume", "devices"]


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def session(**members: object) -> Json:
    return {
        "role": "user", "kind": "desk", "csrf": "proof", "may": MAY, "language": "de",
        "theme": "light", "room": "Blauer Raum", "pin": True, "raised_until_ms": 0,
        "clear_after_s": 0, **members,
    }  # fmt: skip


def kiosk(**members: object) -> Json:
    return session(**{"kind": "kiosk", "may": ROOM, "clear_after_s": 60, **members})


def call(name: str, phase: str, can: Sequence[str], **members: object) -> Json:
    """One call, named after its first letter."""
    began_ms = now_ms() - 83_000
    return {
        "call": name[0].lower(), "account": "desk", "direction": "in", "phase": phase,
        "remote": {"number": "+49 89 1234567", "name": name, "company": "Lindenhof GmbH"},
        "since_ms": began_ms, "answered_ms": began_ms, "device": "headset", "muted": False,
        "codec": "G722/16000", "silenced": False, "diverted_by": None, "transfer": None,
        "conference": False, "recording": False, "can": list(can), **members,
    }  # fmt: skip


def status(*calls: Json, **members: object) -> Json:
    mailbox = {"waiting": True, "new": 2, "old": 0}
    line = {"account": "desk", "registration": "registered", "sip": 200, "mailbox": mailbox}
    volume = {"microphone": 100, "speaker": 70, "ringer": 80}
    return {
        "now_ms": now_ms(), "health": "ok", "problems": [], "engine": {"up": True},
        "sound": {"volume": volume}, "muted": False, "do_not_disturb": False,
        "lines": [{**line, "reason": ""}], "calls": list(calls), "endpoints": ["handy"],
        "devices": [{"device": "headset", "name": "Jabra Evolve2 65"}], **members,
    }  # fmt: skip


def lamp(position: int, name: str, state: str, color: str, pattern: str = "steady") -> Json:
    return {
        "position": position, "name": name, "type": "blf", "target": str(200 + position),
        "state": state, "source": "pbx", "lamp": {"color": color, "pattern": pattern},
        "stale": state == "unknown", "why": "the PBX is not heard" if state == "unknown" else "",
    }  # fmt: skip


LAMPS: Json = {
    "lamps": [
        lamp(1, "Empfang", "free", "green"),
        lamp(2, "Kathrin Bauer", "busy", "red"),
        lamp(3, "Max Mustermann", "ringing", "red", "fast"),
        lamp(4, "Technik", "held", "red", "slow"),
        lamp(5, "Jonas Weber", "away", "amber"),
        lamp(6, "Sabine Koch", "dnd", "red", "wink"),
        lamp(7, "Lager", "unknown", "dark-blue"),
        lamp(8, "Postfach", "messages", "red", "slow"),
    ],
    "panels": [{"panel": "p", "name": "Stream Deck Mini", "firmware": "2", "keys": 6, "note": ""}],
}


def devices(*, virtual: bool = True, **lit: bool) -> Json:
    state = {"off_hook": False, "ring": False, "mute": False, "hold": False, **lit}
    lamps = ["off_hook", "ring", "mute", "hold"]
    controls = ["flash", "hook", "mute", "volume_down", "volume_up"]
    gesture = {"at_ms": now_ms(), "text": "hook: answer"}
    headset = {
        "device": "headset", "name": "Jabra Evolve2 65", "usb": "0b0e:030c", "mode": "auto",
        "kind": "headset", "virtual": virtual, "controls": controls, "lamps": lamps,
        "state": state, "gestures": [gesture],
    }  # fmt: skip
    speaker = {**headset, "device": "speak", "name": "Jabra Speak 510", "kind": "speakerphone"}
    return {"devices": [headset, {**speaker, "virtual": False, "gestures": []}]}


def meetings() -> Json:
    def meeting(name: str, title: str, in_minutes: int, *, joinable: bool) -> Json:
        starts_ms = now_ms() + in_minutes * 60_000
        times = {"starts_ms": starts_ms, "ends_ms": starts_ms + 3_600_000}
        return {"id": name, "title": title, "joinable": joinable, "running": False, **times}

    coming = [
        meeting("m1", "Wochenplanung Vertrieb", 12, joinable=True),
        meeting("m2", "Bewerbungsgespräch", 150, joinable=False),
    ]
    return {"meetings": coming, "stale": False, "note": ""}


def history() -> Json:
    kinds = ("missed", "received", "outgoing", "rejected", "diverted", "elsewhere")
    entries = [
        {
            "entry": 90 - i, "kind": kind, "number": f"+4989123{i}", "talked_s": i * 37,
            "name": "Anna Sommer" * (i % 2), "company": "", "via": "",
            "start_ms": now_ms() - i * 4_200_000,
        }
        for i, kind in enumerate(kinds)
    ]  # fmt: skip
    return {"entries": entries, "more": True, "waiting": 0}


CONTACTS: Json = {
    "contacts": [
        {
            "name": "Anna Sommer", "company": "Sommer & Partner", "source": "personal",
            "favourite": 1, "contact": 1,
            "numbers": [
                {"number": "+49305550199", "kind": "work"}, {"number": "+491701", "kind": "mobile"},
            ],
        },
        {
            "name": "Jonas Weber", "company": "", "source": "firma", "favourite": 0, "contact": 2,
            "numbers": [{"number": "205", "kind": "work"}],
        },
    ],
    "more": False,
    "notes": ["the directory ldap cannot be asked"],
}  # fmt: skip

SETTINGS: Json = {
    "settings": [
        {"name": "speaker", "kind": "percent", "value": 70},
        {"name": "call_waiting", "kind": "switch", "value": True},
        {"name": "forwarding", "kind": "choice", "value": "0", "choices": ["0", "1"]},
        {"name": "page.room", "kind": "file", "value": "Blauer Raum", "where": "/etc/offhook.yaml"},
    ]
}

KATHARINA = "Dr. Katharina Müller-Lüdenscheidt"
MAX = "Max Andreas Mustermann"
ANNA = "Anna Sommer"

EMPFANG = {"number": "201", "name": "Empfang", "company": ""}


def ringing() -> Json:
    return call(ANNA, "ringing", RINGS, diverted_by=EMPFANG, answered_ms=0)


@dataclass(frozen=True)
class View:
    """A view of the page and how a person gets there.

    Args:
        name: of the view, as the document says it.
        status: what the daemon tells.
        presses: what is pressed then, by ``data-id``.
        session: who looks; None = nobody is logged on.
    """

    name: str
    status: Callable[[], Json] = status
    presses: tuple[str, ...] = ()
    session: Callable[[], Json] | None = session


def _two() -> Json:
    return status(call(KATHARINA, "connected", TWO), call(MAX, "held", [*TWO, "resume"]))


def _conference() -> Json:
    both = {"conference": True}
    return status(call(KATHARINA, "connected", UP, **both), call(MAX, "connected", UP, **both))


def _raised() -> Json:
    return kiosk(may=[*ROOM, "settings"], raised_until_ms=now_ms() + 300_000)


def _held() -> Json:
    can = [*UP, "resume", "stop_recording"]
    return status(call(KATHARINA, "held", can, recording=True), muted=True)


VIEWS = {
    "idle": View("home"),
    "keypad": View("keypad", presses=("nav-keypad",)),
    "contacts": View("contacts", presses=("nav-contacts",), session=kiosk),
    "call list": View("history", presses=("nav-history",)),
    "devices": View("devices", presses=("nav-devices",)),
    "ringing at the devices": View(
        "devices", lambda: status(call(MAX, "connected", UP), ringing()), presses=("nav-devices",)
    ),
    "settings behind a pin": View("settings", presses=("nav-settings",), session=kiosk),
    "settings": View("settings", presses=("nav-settings",), session=_raised),
    "ringing": View("ringing", lambda: status(ringing())),
    "dialling": View("call", lambda: status(call(MAX, "early", ["hangup"], direction="out"))),
    "in a call": View("call", lambda: status(call(KATHARINA, "connected", UP))),
    "on hold": View("call", _held),
    "keys into the call": View(
        "call", lambda: status(call(MAX, "connected", UP)), presses=("sheet-dtmf-",)
    ),
    "transfer": View(
        "call", lambda: status(call(MAX, "connected", UP)), presses=("sheet-pick-transfer",)
    ),
    "second call": View("call", lambda: status(call(MAX, "connected", UP), ringing())),
    "two calls": View("call", _two),
    "conference": View("call", _conference),
    "elsewhere in a call": View(
        "home", lambda: status(call(MAX, "connected", UP)), presses=("nav-home",)
    ),
    "log on": View("log-on", session=None),
}
