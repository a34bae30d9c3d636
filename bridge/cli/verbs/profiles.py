"""Words about device profiles."""

import argparse
from pathlib import Path

from bridge.cli.exits import Exit
from bridge.cli.show import emit
from bridge.model.errors import ProfileError
from bridge.profiles.library import load_library


def check(args: argparse.Namespace) -> Exit:
    """Check profiles.

    Raises:
        ProfileError: everything that is wrong.
    """
    directories = [Path(name) for name in args.directory] or None
    library = load_library(directories, Path(args.dumps) if args.dumps else None)
    if library.problems:
        raise ProfileError(library.problems)
    ids = [profile.id for profile in library.profiles]
    emit({"ok": True, "profiles": ids}, [f"ok: {len(ids)} profiles"], as_json=args.json)
    return Exit.OK
