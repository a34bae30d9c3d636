"""A configuration from a text."""

from pathlib import Path

import pytest

from bridge.config.load import load_config
from bridge.config.settings import Config
from tests.config.loading import ENV, Load


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Load a text as ``config.yaml``, with drop-ins given by name."""

    def run(text: str, env: dict[str, str] | None = None, **drop_ins: str) -> Config:
        file = tmp_path / "config.yaml"
        file.write_text(text)
        file.chmod(0o600)
        (tmp_path / "config.d").mkdir(exist_ok=True)
        for name, content in drop_ins.items():
            (tmp_path / "config.d" / f"{name}.yaml").write_text(content)
            (tmp_path / "config.d" / f"{name}.yaml").chmod(0o600)
        return load_config(file, ENV | (env or {}))

    return run
