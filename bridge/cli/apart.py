"""The configuration, read by a process of its own.

What reads and checks it takes 11 MB and 0.2 s of a daemon that needs it once. So a child does it,
while the daemon loads everything else, and hands over the finished settings.
"""

import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import cast

from bridge.config.settings import Config


def load_config_apart(path: Path | None, meanwhile: Callable[[], object]) -> Config:
    """Return what ``load_config`` returns.

    Call it before there are threads: it forks.

    Args:
        path: as for ``load_config``.
        meanwhile: something to do until the child is ready.

    Raises:
        ConfigError: the configuration has problems.
    """
    answer_end, child_end = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(answer_end)
        _hand_over(path, child_end)
    os.close(child_end)
    meanwhile()
    with os.fdopen(answer_end, "rb") as answer:
        settings = answer.read()
    os.waitpid(child, 0)
    # From nobody but our own child, through a pipe nobody else has.
    return cast("Config", pickle.loads(settings)) if settings else _load(path)  # noqa: S301


def _hand_over(path: Path | None, child_end: int) -> None:
    """Be the child. It is silent about problems: whoever asked finds the same ones, and tells."""
    code = 1
    try:
        settings = pickle.dumps(_load(path))
        with os.fdopen(child_end, "wb") as answer:
            answer.write(settings)
        code = 0
    finally:
        os._exit(code)


def _load(path: Path | None) -> Config:
    from bridge.config.load import load_config  # noqa: PLC0415  # see above

    return load_config(path)
