"""As much of SIP's text as a test server needs."""

import re

Address = tuple[str, int]

COMPACT = {
    "v": "via",
    "f": "from",
    "t": "to",
    "i": "call-id",
    "m": "contact",
    "l": "content-length",
    "c": "content-type",
    "k": "supported",
    "e": "content-encoding",
    "s": "subject",
}


class Message:
    """One SIP message; header names lower case, order kept."""

    def __init__(self, data: bytes) -> None:
        head, _, self.body = data.partition(b"\r\n\r\n")
        lines = re.sub(r"\r\n[ \t]+", " ", head.decode("utf-8", "replace")).split("\r\n")
        self.start = lines[0]
        self.headers: list[tuple[str, str]] = []
        for line in lines[1:]:
            name, colon, value = line.partition(":")
            if colon:
                name = name.strip().lower()
                self.headers.append((COMPACT.get(name, name), value.strip()))
        self.is_request = not self.start.startswith("SIP/2.0 ")
        self.method = self.start.split(" ", maxsplit=1)[0] if self.is_request else ""

    def all(self, name: str) -> list[str]:
        return [v for n, v in self.headers if n == name]

    def get(self, name: str, default: str = "") -> str:
        return next((v for n, v in self.headers if n == name), default)

    @property
    def code(self) -> int:
        """The status of a response."""
        return int(self.start.split()[1])

    @property
    def uri(self) -> str:
        """The request URI."""
        return self.start.split(" ")[1]

    @property
    def user(self) -> str:
        match = re.match(r"sips?:([^@;]+)@", self.uri)
        return match.group(1) if match else ""


def uri_of(header: str) -> str:
    """The URI of a From, To, Contact or Route header."""
    match = re.search(r"<([^>]*)>", header)
    return match.group(1) if match else header.split(";", maxsplit=1)[0].strip()


def address_of(uri: str) -> Address | None:
    """Where a URI points, without looking names up."""
    match = re.match(r"sips?:(?:[^@]*@)?\[?([^;:>\]]+)\]?(?::(\d+))?", uri)
    return (match.group(1), int(match.group(2) or 5060)) if match else None
