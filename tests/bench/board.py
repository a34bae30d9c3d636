"""What lamps cost: ``python -m tests.bench.board``. Pure: no broker, no panel, one core."""

import random
import statistics
import time
from collections.abc import Iterable

from bridge.blf.board import Board
from bridge.model.blf import (
    Extension,
    Favourite,
    KeyType,
    LineFact,
    LineState,
    PbxId,
    SourceFact,
)
from bridge.model.lamps import LampSettings

EXTENSIONS = 10_000
FACTS = 50_000
PER_S = 5_000  # so many facts in a second of the board's clock
PBX = PbxId("pbx")


def extension(number: int) -> Extension:
    return Extension(str(10_000 + number))


def board_with_keys() -> Board:
    """A board with 999 keys, each about another one of ten thousand lines."""
    board = Board(LampSettings(extension=extension(0)))
    board.arrange(Favourite(p, "x", KeyType.BLF, extension(p * 10)) for p in range(1, 1000))
    return board


def facts() -> list[LineFact]:
    chance = random.Random(1)
    states = (LineState.RINGING, LineState.BUSY, LineState.FREE)
    return [
        LineFact(extension(chance.randrange(EXTENSIONS)), chance.choice(states), since_ms=number)
        for number in range(FACTS)
    ]


def resync(board: Board) -> float:
    """Seconds until all keys are right after a PBX came."""
    begin_s = time.perf_counter()
    for number in range(EXTENSIONS):
        board.learn(PBX, LineFact(extension(number), LineState.FREE), 0.0)
    board.learn(PBX, SourceFact(PBX, is_up=True), 0.0)
    board.take(0.0)
    return time.perf_counter() - begin_s


def storm(board: Board, said: Iterable[LineFact]) -> tuple[float, list[float]]:
    """Seconds for all facts, and for each that changed a key from fact to face."""
    changes: list[float] = []
    begin_s = time.perf_counter()
    for number, fact in enumerate(said):
        at_s = 1.0 + number / PER_S
        said_s = time.perf_counter()
        board.learn(PBX, fact, at_s)
        if board.is_dirty and board.take(at_s).faces:
            changes.append(time.perf_counter() - said_s)
    return time.perf_counter() - begin_s, changes


def main() -> None:
    board = board_with_keys()
    print(f"{EXTENSIONS} lines said and 999 keys lit: {resync(board) * 1000:.0f} ms")
    seconds, changes = storm(board, facts())
    p99 = statistics.quantiles(changes, n=100)[98]
    print(f"{FACTS} facts: {seconds / FACTS * 1e6:.1f} µs each, {len(changes)} of them on keys")
    print(f"fact to face: {statistics.median(changes) * 1e6:.0f} µs, p99 {p99 * 1e6:.0f} µs")


if __name__ == "__main__":
    main()
