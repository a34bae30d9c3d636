"""The bodies of answers about lamps and favourites; ``control_wire.md`` lists them."""

from bridge.blf.board import Board
from bridge.blf.favourites import Edits, merged
from bridge.model.blf import Favourite, KeyFace, PbxId
from bridge.protocols.records import record_to

Body = dict[str, object]


def favourites_body(base: tuple[Favourite, ...], edits: Edits) -> Body:
    """Return the list that counts, and where it is not that of the configuration."""
    entries = [{**record_to(one), "edited": one.position in edits} for one in merged(base, edits)]
    configured = {one.position for one in base}
    removed = sorted(p for p, one in edits.items() if one is None and p in configured)
    return {"favourites": entries, "removed": removed}


def lamps_body(board: Board, panels: list[Body]) -> Body:
    """Return what every key shows, why those that are not known are not, and the panels."""
    keys = []
    for face in board.faces:
        favourite = board.favourite(face.position)
        if favourite is not None:
            keys.append(_key(board, favourite, face))
    return {"lamps": keys, "panels": panels}


def _key(board: Board, favourite: Favourite, face: KeyFace) -> Body:
    why = board.why_unknown(face.position) if face.stale else ""
    return {
        **lamp_body(face, board.source(face.position)),
        "position": face.position,
        "name": face.label,
        "type": favourite.type.value,
        "target": favourite.target,
        "why": why,
    }


def lamp_body(face: KeyFace, source: PbxId) -> Body:
    """Return what one key shows."""
    return {
        "state": face.state,
        "source": source,
        "lamp": {"color": face.lamp.color.value, "pattern": face.lamp.pattern.value},
        "stale": face.stale,
    }
