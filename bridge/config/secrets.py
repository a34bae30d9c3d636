"""Passwords: from the file, a file of their own, the environment or a systemd credential.

Found values never appear in a message. A file with a secret in it must not be readable by
everybody, the rule of ssh; readable by a group is fine, services need it.
"""

import stat
from dataclasses import dataclass
from pathlib import Path

from bridge.config import places
from bridge.config.account_schema import Secret
from bridge.config.sources import Tree, UnreadableError, read_text
from bridge.model.errors import Problem
from bridge.yamldoc import Path as DocPath

KEYS = ("password", "password_file", "password_env", "password_credential")
LONGEST = 4096  # bytes of a password file; the longest password that makes sense has 128


@dataclass(frozen=True, slots=True)
class Found:
    """What came of looking for a password.

    Args:
        password: empty when none is configured.
        problems: what must be put right.
        notes: what could not be looked up here, but may be there where the daemon runs.
    """

    password: str = ""
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()


def resolve(
    section: Secret, base: DocPath, tree: Tree, env: places.Env, *, only_check: bool
) -> Found:
    """Return the password of a section.

    Args:
        section: an account, or the MQTT section.
        base: where it stands.
        tree: the files.
        env: environment variables.
        only_check: not the daemon itself: the environment of its service is not here.
    """
    given = [key for key in KEYS if getattr(section, key) is not None]
    if not given:
        return Found()
    if len(given) > 1:
        expected = f"one of them, found also {', '.join(given[:-1])}"
        return Found(problems=(tree.problem((*base, given[-1]), "a second password", expected),))
    path, value = (*base, given[0]), str(getattr(section, given[0]))
    match given[0]:
        case "password":
            return _inline(value, path, tree)
        case "password_file":
            return from_file(tree.beside(path, value), path, tree)
        case "password_env":
            return _from_env(value, path, tree, env, only_check=only_check)
        case _:
            return _from_credential(value, path, tree, env, only_check=only_check)


def is_readable_by_all(file: Path) -> bool:
    """Say whether everybody may read a file; False where there is none."""
    try:
        return bool(file.stat().st_mode & stat.S_IROTH)
    except OSError:
        return False


def _inline(value: str, path: DocPath, tree: Tree) -> Found:
    origin = tree.origin(path)
    file = Path(origin.document.file) if origin else Path()
    if is_readable_by_all(file):
        expected = f"a file that others cannot read: chmod 600 {file}"
        return Found(problems=(tree.problem(path, "a password everybody can read", expected),))
    return Found(value)


def from_file(file: Path, path: DocPath, tree: Tree) -> Found:
    """Return the first line of a file that not everybody may read."""
    if is_readable_by_all(file):
        expected = f"a file that others cannot read: chmod 600 {file}"
        return Found(problems=(tree.problem(path, "a password everybody can read", expected),))
    try:
        lines = read_text(file, LONGEST).splitlines()
    except UnreadableError as error:
        expected = f"{error.expected} at {file}"
        return Found(problems=(tree.problem(path, error.found, expected),))
    if not lines or not lines[0]:
        expected = f"the password in the first line of {file}"
        return Found(problems=(tree.problem(path, "an empty file", expected),))
    return Found(lines[0])


def _from_env(name: str, path: DocPath, tree: Tree, env: places.Env, *, only_check: bool) -> Found:
    if env.get(name):
        return Found(env[name])
    found = f"no environment variable {printable_name(name)}"
    if only_check:
        return Found(notes=(f"{found} here: the daemon needs it",))
    return Found(problems=(tree.problem(path, found, "it with the password"),))


def _from_credential(
    name: str, path: DocPath, tree: Tree, env: places.Env, *, only_check: bool
) -> Found:
    directory = env.get("CREDENTIALS_DIRECTORY")
    if directory:
        return from_file(Path(directory) / name, path, tree)
    if only_check:
        return Found(notes=(f"the systemd credential {name} can be read by the service only",))
    expected = f"a systemd service with LoadCredential={name}:/path/to/file"
    return Found(problems=(tree.problem(path, "no $CREDENTIALS_DIRECTORY", expected),))


def printable_name(name: str) -> str:
    """Return the name of a variable; somebody may have put the password there."""
    return name if name.isidentifier() and name.upper() == name else "of that name"
