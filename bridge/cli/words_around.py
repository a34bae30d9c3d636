"""The words about presence and queues. Handlers are named, not imported: see ``main``."""

from bridge.cli.words import Words, group, word

STATES = ("available", "away", "busy", "dnd", "phone-only", "invisible", "auto")


def add_around(words: Words) -> None:
    """Add all of them."""
    presence = word(
        words,
        "presence",
        "around:presence",
        "what others see of you; with a state, show that from now on",
        [
            "offhook presence away --text 'back at two' --until 14:00",
            "offhook presence dnd --until 30m",
            "offhook presence auto",
        ],
    )
    presence.add_argument(
        "state", nargs="?", choices=STATES, help="`auto`: by your calls and meetings again"
    )
    presence.add_argument("--text", default="", metavar="TEXT", help="shown with it")
    presence.add_argument(
        "--until", metavar="TIME", help="14:00, 30m, 2h, or 2026-12-24T18:00: then it is automatic"
    )
    _add_meetings(words)
    queue = group(words, "queue", "queues that you take calls of")
    word(queue, "list", "around:queues", "your queues, and which ones you are logged in to")
    for name, text in (("in", "take calls of a queue"), ("out", "take no more calls of a queue")):
        parser = word(queue, name, f"around:queue_{name}", text, [f"offhook queue {name} 801"])
        parser.set_defaults(word=f"queue {name}")
        parser.add_argument("queue", metavar="QUEUE", help="its number, as `queue list` shows it")
    leave = word(queue, "out-all", "around:out_all", "take no more calls of any queue; asks first")
    leave.set_defaults(word="queue out-all")
    leave.add_argument("--yes", action="store_true", help="do not ask")
    back = word(queue, "back", "around:back", "take calls again of the queues left with out-all")
    back.set_defaults(word="queue back")


def _add_meetings(words: Words) -> None:
    meetings = word(
        words,
        "meetings",
        "meetings:meetings",
        "the meetings of the room, and which of them can be joined",
        ["offhook meetings", "offhook meetings --json"],
    )
    meetings.add_argument("--reload", action="store_true", help="read the calendar again first")
    join = word(
        words,
        "join",
        "meetings:join",
        "dial into a meeting and press its id; in its call, press the id again",
        ["offhook join", "offhook join 3f9c2a7711d0e4b8 --participant 4711"],
    )
    join.add_argument(
        "id", nargs="?", default="", metavar="ID", help="as `meetings` shows it; the one that runs"
    )
    join.add_argument(
        "--participant",
        default="",
        metavar="DIGITS",
        help="of somebody who is in it already: couples the sound of the room to that person",
    )
