"""What a serial panel has still to be told of its faces: only what changed, newest wins."""

from collections.abc import Mapping

from bridge.model.blf import KeyFace, Lamp
from bridge.protocols.panel_frames import MAX_PAYLOAD
from bridge.protocols.panel_lamps import nearest
from bridge.protocols.panel_messages import Hello, Kind, cut, lamps_payload, texts_payload


class FaceQueue:
    """Faces of one session; it begins with all lamps off and all texts empty, but unsent.

    Args:
        hello: what the panel has.
    """

    def __init__(self, hello: Hello) -> None:
        self._hello = hello
        self._room = min(MAX_PAYLOAD, hello.most_payload)
        self._lamps: dict[int, Lamp] = {}  # wanted, not sent
        self._texts: dict[int, bytes] = {}
        self._lit: dict[int, Lamp] = {}  # sent
        self._written: dict[int, bytes] = {}

    @property
    def is_empty(self) -> bool:
        """Whether everything was taken."""
        return not self._lamps and not self._texts

    def put(self, faces: Mapping[int, KeyFace | None]) -> None:
        """Want faces, by key; None puts it out. Keys there are not are ignored."""
        hello = self._hello
        for key, face in faces.items():
            if 0 <= key < hello.keys:
                lamp = face.lamp if face is not None else Lamp()
                self._lamps[key] = nearest(lamp, hello.colors, hello.patterns)
                if hello.text_bytes:
                    self._texts[key] = face_text(face, hello.text_bytes)

    def take(self) -> tuple[Kind, bytes] | None:
        """Return the next frame's kind and payload, lamps first; None when nothing changed."""
        return self._take_lamps() or self._take_texts()

    def _take_lamps(self) -> tuple[Kind, bytes] | None:
        """Take as many changed lamps as one frame holds."""
        news = {key: lamp for key, lamp in self._lamps.items() if self._lit.get(key) != lamp}
        batch = dict(list(news.items())[: self._room // 2])
        self._lamps = {key: lamp for key, lamp in news.items() if key not in batch}
        self._lit |= batch
        return (Kind.LAMPS, lamps_payload(batch)) if batch else None

    def _take_texts(self) -> tuple[Kind, bytes] | None:
        """Take as many changed texts as one frame holds."""
        news = {key: text for key, text in self._texts.items() if self._written.get(key) != text}
        batch: dict[int, bytes] = {}
        room = self._room
        for key, text in news.items():
            room -= 2 + len(text)
            if room < 0:
                break
            batch[key] = text
        self._texts = {key: text for key, text in news.items() if key not in batch}
        self._written |= batch
        return (Kind.TEXTS, texts_payload(batch.items())) if batch else None


def face_text(face: KeyFace | None, most_bytes: int) -> bytes:
    """Return the text of a key: its label, and in the next line the word for its state.

    Args:
        face: what to show.
        most_bytes: on this panel; the label is cut first.
    """
    if face is None:
        return b""
    state = cut(face.state, most_bytes)
    label = cut(face.label, max(0, most_bytes - len(state) - 1))
    return label + b"\n" + state if label else state
