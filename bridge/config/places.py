"""Where things lie: configuration, state, control socket. Standard library only; no file is read.

As a service (systemd sets RUNTIME_DIRECTORY and STATE_DIRECTORY) those directories win; else the
user's own (XDG base directories, freedesktop.org).
"""

from collections.abc import Mapping
from pathlib import Path

SYSTEM_CONFIG = Path("/etc/offhook/config.yaml")
SYSTEM_SOCKET = Path("/run/offhook/control.sock")  # RuntimeDirectory=offhook of a system service
SOCKET_NAME = "control.sock"

Env = Mapping[str, str]
"""Environment variables; passed in so that tests need no real ones."""


def home(env: Env) -> Path:
    """Return the home directory; a service without one gets a place that does not exist."""
    return Path(env.get("HOME") or "/nonexistent")


def user_config(env: Env) -> Path:
    """Return where a user's configuration lies."""
    base = env.get("XDG_CONFIG_HOME") or home(env) / ".config"
    return Path(base) / "offhook" / "config.yaml"


def find_config(env: Env, given: Path | None = None) -> Path | None:
    """Return the main file: the given one, the user's, the system's, or None.

    One whose drop-in directory exists counts, too, even if the file itself does not.
    """
    if given is not None:
        return given
    candidates = (user_config(env), SYSTEM_CONFIG)
    return next((path for path in candidates if path.exists() or drop_in_dir(path).is_dir()), None)


def drop_in_dir(config: Path) -> Path:
    """Return the directory of drop-ins: ``config.d`` beside ``config.yaml``."""
    return config.with_suffix(".d")


def state_dir(env: Env) -> Path:
    """Return the default state directory."""
    if given := env.get("STATE_DIRECTORY"):
        return Path(given.split(":")[0])
    base = env.get("XDG_STATE_HOME") or home(env) / ".local" / "state"
    return Path(base) / "offhook"


def control_socket(env: Env, state: Path | None = None) -> Path:
    """Return where the daemon makes its control socket unless configured.

    Args:
        env: environment variables.
        state: its state directory, used where there is no runtime directory.
    """
    if given := env.get("RUNTIME_DIRECTORY"):
        return Path(given.split(":")[0]) / SOCKET_NAME
    if runtime := env.get("XDG_RUNTIME_DIR"):
        return Path(runtime) / "offhook" / SOCKET_NAME
    return (state or state_dir(env)) / SOCKET_NAME


def likely_sockets(env: Env) -> tuple[Path, ...]:
    """Return where a running daemon's socket may be, the user's own first, the system's last."""
    if given := env.get("OFFHOOK_SOCKET"):
        return (Path(given),)
    own = [control_socket(env), state_dir(env) / SOCKET_NAME]
    return tuple(dict.fromkeys([*own, SYSTEM_SOCKET]))
