"""What a panel is called: stable over replug, told apart from every other one."""

import re
from collections.abc import Collection
from pathlib import Path

from bridge.drivers.ports import TtyNode
from bridge.model.blf import PanelId, PanelInfo
from bridge.protocols.panel_messages import Hello

ID_LENGTH = 48  # of ``PanelId``
_OTHER = re.compile(r"[^a-z0-9]+")


def panel_info(
    hello: Hello, node: TtyNode | None, path: str, taken: Collection[PanelId | None]
) -> PanelInfo:
    """Return what is known of a panel.

    Args:
        hello: what it says.
        node: its port as udev sees it, if it was found there.
        path: of the port, as configured or found.
        taken: ids of other panels: two of one make may have no serial number, or the same one.
    """
    model = _slug(hello.model) or "serial"
    serial = _slug(hello.serial or (node.serial if node is not None else ""))
    place = _slug((node.port if node is not None else "") or Path(path).name)
    wanted = (f"{model}-{serial or place}", f"{model}-{serial or 'at'}-{place}")
    free = next((one for one in map(_fit, wanted) if one not in taken), _fit(place))
    return PanelInfo(
        panel=PanelId(free),
        name=hello.model or "serial panel",
        firmware=hello.firmware,
        keys=hello.keys,
        colors=hello.colors,
    )


def _slug(text: str) -> str:
    return _OTHER.sub("-", text.lower()).strip("-")


def _fit(name: str) -> str:
    """Return a name that is short enough; its end tells units apart."""
    return name[-ID_LENGTH:].strip("-") if len(name) > ID_LENGTH else name
