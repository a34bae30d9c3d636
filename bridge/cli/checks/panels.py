"""Key panels: are they there, may we open them, is what they need installed?"""

from collections.abc import Iterator

from bridge.cli.checks.access import install_rule
from bridge.cli.checks.finding import Finding, State
from bridge.cli.checks.machine import Machine
from bridge.drivers.hid_panels import streamdeck, xkeys
from bridge.drivers.serial.bus import is_panel
from bridge.drivers.serial.port import who_may
from bridge.drivers.udev.sysfs import read_tty, tty_names
from bridge.model.panels import PanelSettings

CHECK = "key panel"


def panels(machine: Machine, settings: PanelSettings) -> Iterator[Finding]:
    """Look for every panel that is configured or plugged in.

    Args:
        machine: where.
        settings: as configured.
    """
    for path in settings.serial:
        yield _configured(machine, path)
    if settings.finds_serial:
        yield from _found(machine)
    yield from _on_hid(machine, settings)


def _configured(machine: Machine, path: str) -> Finding:
    here = machine.root / path.removeprefix("/")
    if not here.exists():
        fix = "plug the panel in, or correct panels.serial"
        return Finding(CHECK, State.WARNING, f"there is no {path}", fix)
    if not machine.may_open(path):
        return Finding(CHECK, State.ERROR, f"no access to {path}", who_may(str(here)))
    return Finding(CHECK, State.OK, f"{path}, named in panels.serial")


def _found(machine: Machine) -> Iterator[Finding]:
    for name in tty_names(machine.sys):
        try:
            node = read_tty(name, machine.sys, machine.root / "dev")
        except OSError:  # gone meanwhile
            continue
        if is_panel(node):
            yield _open_or_not(machine, node.node, node.name)


def _on_hid(machine: Machine, settings: PanelSettings) -> Iterator[Finding]:
    nodes = machine.nodes()
    decks = [node for node in nodes if streamdeck.fits(node)]
    if settings.streamdeck and not streamdeck.is_installed():
        yield Finding(CHECK, State.ERROR, "Stream Decks cannot be used", streamdeck.INSTALL)
    for node, wanted, key in (
        *((node, settings.streamdeck, "streamdeck") for node in decks),
        *((node, settings.xkeys, "xkeys") for node in nodes if xkeys.fits(node)),
    ):
        if wanted:
            yield _open_or_not(machine, node.node, node.name)
        else:
            text = f"{node.name} on {node.node} is left alone"
            yield Finding(CHECK, State.INFO, text, f"to use it: panels.{key}: true")


def _open_or_not(machine: Machine, node: str, name: str) -> Finding:
    if machine.may_open(node):
        return Finding(CHECK, State.OK, f"{name} on {node}")
    return Finding(CHECK, State.ERROR, f"no access to {name} on {node}", install_rule())
