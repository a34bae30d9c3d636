"""Where the files for systemd and udev are that come with this version."""

from pathlib import Path

import bridge


def shipped_directory() -> Path:
    """Return where our files for both are: beside the code in a wheel, else in the tree."""
    package = Path(bridge.__file__).parent
    packed = package / "_systemd"
    return packed if packed.is_dir() else package.parent / "systemd"
