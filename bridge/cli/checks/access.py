"""May we open the headset? If not: rule, group or seat, and the words that mend it."""

import shlex
from collections.abc import Collection, Iterator
from pathlib import Path

from bridge.cli.checks.finding import Finding, State
from bridge.cli.checks.machine import RULE_DIRECTORIES, Machine, read_text
from bridge.drivers.hidraw.handle import why_not
from bridge.drivers.hidraw.recognise import Recognised
from bridge.drivers.ports import HidNode
from bridge.profiles.udev import DESCRIPTOR_RULE, has_keys, reads_as_telephone
from bridge.setup.host import program
from bridge.setup.shipped import shipped_directory

RULES = "*offhook*.rules"
SHIPPED = "70-offhook.rules"
GROUP = "offhook"  # what the shipped rule gives headsets to

APPLY = "sudo udevadm control --reload && sudo udevadm trigger -s hidraw"
SEE_RULE = 'install the udev rule as said under "udev rule"'
LOCAL_RULE = "/etc/udev/rules.d/71-offhook-local.rules"


def access(machine: Machine, one: Recognised) -> Finding:
    """Look whether a headset may be opened."""
    node = one.node.node
    if machine.may_open(node):
        text = f"{one.info.name} on {node}, device {one.info.device}, profile {one.profile.id}"
        return Finding("headset", State.OK, text)
    if not Path(node).exists():
        return Finding("headset", State.ERROR, f"{one.info.name}: {why_not(node)}")
    text, fix = _closed(machine, one.node)
    said = f"{one.info.name}: {machine.user} may not open {node}: {text}"
    return Finding("headset", State.ERROR, said, fix)


def _closed(machine: Machine, node: HidNode) -> tuple[str, str]:
    """Return why a node that is there is closed to us, and the way out."""
    group = machine.group(GROUP)
    if not installed(machine):
        return "no udev rule of Offhook is installed", SEE_RULE
    if not knows(machine, node):
        return _unknown(node)
    if group is None:
        return (
            f"there is no group {GROUP} for the rule to give it to",
            f"sudo groupadd --system {GROUP} && {APPLY}",
        )
    if Path(node.node).stat().st_gid != group[0]:
        fix = f"plug the headset in again, or: {APPLY}"
        return "the rule is installed, but was not applied to it", fix
    return _no_member(machine, group[1])


def _unknown(node: HidNode) -> tuple[str, str]:
    """The installed rules do not mean this device."""
    line = f"put this line into {LOCAL_RULE}: {rule_for(node)}; then {APPLY}"
    if reads_as_telephone(node.descriptor):
        return "the installed rule is of an older version and does not know it", SEE_RULE
    if has_keys(node.descriptor):
        return (
            f"no rule opens {usb_id(node)}, since it is a keyboard or mouse as well",
            f"whoever may open it can read what is typed on it; if that may be, {line}",
        )
    return f"no rule names {usb_id(node)}", line


def _no_member(machine: Machine, members: frozenset[str]) -> tuple[str, str]:
    """The rule did its part; whom it lets in is a matter of seat and group."""
    if machine.is_at_seat:
        text = "the rule is installed, but the access of whoever sits here has not been set"
        return text, f"plug it in again, or: {APPLY}"
    if machine.user in members:
        return (
            f"{machine.user} became a member of group {GROUP} after this session began",
            "log out and in again; restart the service if it is one",
        )
    return (
        f"{machine.user} has no seat at this machine and is not in group {GROUP}",
        f"sudo usermod -aG {GROUP} {machine.user}, then log in again",
    )


def usb_id(node: HidNode) -> str:
    """Return the id as lsusb prints it."""
    return f"{node.vendor_id:04x}:{node.product_id:04x}"


def installed(machine: Machine) -> list[Path]:
    """Return the files of Offhook's rules, or of a user's with our name."""
    return machine.files(RULE_DIRECTORIES, RULES)


def knows(machine: Machine, node: HidNode, having: str = "") -> bool:
    """Say whether one of the installed rules, of those that have a text in them, means a device."""
    rules = [read_text(rule) for rule in installed(machine)]
    return any(having in rule and covers(rule, node) for rule in rules)


def covers(rule: str, node: HidNode) -> bool:
    """Say whether the text of a rule means a device: by vendor, id, product string or descriptor.

    Rules by product string are believed to fit: their patterns are udev's to judge.
    """
    if DESCRIPTOR_RULE in rule and reads_as_telephone(node.descriptor):
        return True
    vendor, product = f"{node.vendor_id:04X}", f"{node.product_id:04X}"
    by_name = "ATTRS{product}" in rule and node.name != "" and _named(rule, node.name)
    return f":{vendor}:*" in rule or f":{vendor}:{product}." in rule or by_name


def _named(rule: str, name: str) -> bool:
    """Say whether a pattern such as ``*[Gg][Ii]*`` of the shipped rule occurs in a name."""
    for line in rule.splitlines():
        _, _, rest = line.partition('ATTRS{product}=="*')
        letters = [part[1:2] for part in rest.partition("*")[0].split("[")[1:]]
        if letters and "".join(letters).lower() in name.lower():
            return True
    return False


def rule_for(node: HidNode) -> str:
    """Return a line of a udev rule for one device."""
    kernels = f"{node.bus:04X}:{node.vendor_id:04X}:{node.product_id:04X}.*"
    return (
        f'SUBSYSTEM=="hidraw", KERNELS=="{kernels}", TAG+="uaccess", GROUP="{GROUP}", MODE="0660"'
    )


def rule(machine: Machine, others: Collection[Finding], *, closed: bool) -> Iterator[Finding]:
    """Look for the rule itself.

    Args:
        machine: where.
        others: what was found of headsets; some of it may wait for the rule.
        closed: a headset may not be opened.
    """
    rules = installed(machine)
    stale = [one for one in rules if one.name == SHIPPED and read_text(one) != _shipped()]
    if stale:
        text = f"{stale[0]} is not the one of this version"
        yield Finding("udev rule", State.WARNING, text, install_rule())
    elif rules:
        yield Finding("udev rule", State.OK, str(rules[0]))
    elif machine.uid != 0 or any(SEE_RULE in finding.fix for finding in others):
        state = State.ERROR if closed else State.WARNING
        text = (
            "no udev rule of Offhook is installed: users other than root may not open headsets, "
            "and the kernel keeps their mute key and their mute lamp"
        )
        yield Finding("udev rule", state, text, install_rule())


def install_rule() -> str:
    """Return the line for a shell that installs the group, the rule, and puts both in force."""
    return f"sudo {shlex.quote(str(program()))} setup --devices-only"


def _shipped() -> str:
    return read_text(shipped_directory() / SHIPPED)
