"""Loading a text as a configuration, and its problems as one reads them."""

from collections.abc import Callable
from pathlib import Path

import pytest

from bridge.config.settings import Config
from bridge.model.errors import ConfigError, Problem

ENV = {"HOME": "/nonexistent", "XDG_RUNTIME_DIR": "/run/user/7"}
SECRET = "correct horse"

Load = Callable[..., Config]


def problems(load: Load, text: str, **drop_ins: str) -> list[str]:
    """Return the problems of a text as ``line: path: found X, expected Y``."""
    with pytest.raises(ConfigError) as caught:
        load(text, **drop_ins)
    return [words(problem) for problem in caught.value.problems]


def words(problem: Problem) -> str:
    file = Path(problem.file).name
    where = problem.line if file == "config.yaml" else f"{file}:{problem.line}"
    return f"{where}: {problem.path}: found {problem.found}, expected {problem.expected}"
