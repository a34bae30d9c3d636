"""The word ``numbers`` of the command line. Its handler is named, see ``main``."""

from bridge.cli.words import Words, group, word


def add_numbers(words: Words) -> None:
    """Add ``numbers``."""
    numbers = group(words, "numbers", "what is dialled for a number")
    explain = word(
        numbers,
        "explain",
        "numbers:explain",
        "say step by step what would be dialled for a text, and whether it may be",
        [
            "offhook numbers explain '+49 (89) 123/456'",
            "offhook numbers explain tel:0900-1234567 --account work",
        ],
    )
    explain.add_argument("text", metavar="TEXT", help="as you would type it, or a link")
    explain.add_argument("--account", metavar="ID", help="whose dial plan; the first if left out")
