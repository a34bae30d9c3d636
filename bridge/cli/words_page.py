"""The words about the page. Handlers are named, not imported: see ``main``."""

from bridge.cli.words import Words, word


def add_page(words: Words) -> None:
    """Add all of them."""
    page = word(
        words,
        "page",
        "page:page",
        "open the page in your browser; `pin` and `token NAME` make its secrets",
        [
            "offhook page",
            "offhook page --print",
            "offhook page --kiosk --file",
            "offhook page pin",
            "offhook page token anna",
        ],
    )
    page.add_argument(
        "what",
        nargs="?",
        choices=("open", "pin", "token"),
        default="open",
        help="open it (the default), set the PIN of a room, or make a token for another computer",
    )
    page.add_argument("name", nargs="?", metavar="NAME", help="whose token it is")
    page.add_argument("--kiosk", action="store_true", help="as the screen of a room")
    page.add_argument("--print", action="store_true", help="print the address; it opens it once")
    page.add_argument(
        "--file",
        action="store_true",
        help="print the address of a file that leads there: no other user of this machine sees "
        "the word in it",
    )
    page.add_argument("--output", metavar="FILE", help="where the PIN's hash or the token goes")
