"""Key panels: what the schema cannot say, and the settings made of it."""

from collections.abc import Iterator

from bridge.config.panel_schema import Panels
from bridge.config.problems import shown
from bridge.config.sources import Tree
from bridge.model.errors import Problem
from bridge.model.panels import PanelSettings
from bridge.yamldoc import Path as DocPath

_PORT = "the path of a serial port below /dev/, such as /dev/serial/by-id/usb-…"


def panels_problems(panels: Panels, tree: Tree) -> Iterator[Problem]:
    """Return what cannot be a port, and ports named twice. One that is not there may come later."""
    for place, path in enumerate(panels.serial):
        where: DocPath = ("panels", "serial", place)
        if not path.startswith("/dev/"):
            yield tree.problem(where, shown(path, ()), _PORT)
        elif path in panels.serial[:place]:
            yield tree.problem(where, f"{path} once more", "each port once")


def panel_settings(panels: Panels) -> PanelSettings:
    """Return the settings; all is right by now."""
    return PanelSettings(
        serial=tuple(panels.serial),
        baud=panels.baud,
        finds_serial=panels.find_serial,
        streamdeck=panels.streamdeck,
        xkeys=panels.xkeys,
        brightness=panels.brightness,
    )
