"""What sysfs says about hidraw nodes and serial ports. Only files of sysfs are opened."""

from pathlib import Path

from bridge.drivers.ports import HidNode, TtyNode
from bridge.protocols.hid_descriptor import MAX_BYTES

SYS = Path("/sys")
DEV = Path("/dev")
TEXT_BYTES = 4096  # one page, the most a sysfs attribute holds


def node_names(sys: Path = SYS) -> list[str]:
    """Return the names of all hidraw nodes, such as ``hidraw3``, in order of their number."""
    folder = sys / "class" / "hidraw"
    try:
        names = [entry.name for entry in folder.iterdir() if entry.name.startswith("hidraw")]
    except OSError:  # no hidraw driver loaded, no device was ever there
        return []
    return sorted(names, key=lambda name: (len(name), name))


def read_node(name: str, sys: Path = SYS, dev: Path = DEV) -> HidNode:
    """Return a hidraw node as sysfs shows it.

    Args:
        name: such as ``hidraw3``.
        sys: where sysfs is.
        dev: where the device nodes are.

    Raises:
        OSError: the device has gone, or this user may not read about it.
    """
    device = (sys / "class" / "hidraw" / name / "device").resolve(strict=True)
    facts = _uevent(device / "uevent")
    bus, vendor, product = _ids(facts.get("HID_ID", ""))
    descriptor = (device / "report_descriptor").read_bytes()[: MAX_BYTES + 1]
    usb = _usb_parent(device, sys)
    title = _text(usb / "product") if usb is not None else ""
    return HidNode(
        node=str(dev / name),
        bus=bus,
        vendor_id=vendor,
        product_id=product,
        name=title or facts.get("HID_NAME", ""),
        serial=facts.get("HID_UNIQ", "") or (_text(usb / "serial") if usb is not None else ""),
        port=usb.name if usb is not None else "",
        descriptor=descriptor,
    )


def instance(name: str, sys: Path = SYS) -> str:
    """Return what differs each time a device is plugged in, such as ``0003:0B0E:0307.0004``.

    Raises:
        OSError: the device has gone.
    """
    return (sys / "class" / "hidraw" / name / "device").resolve(strict=True).name


# -- serial ports -----------------------------------------------------------------


def tty_names(sys: Path = SYS) -> list[str]:
    """Return the names of all terminals with hardware behind them, such as ``ttyACM0``."""
    folder = sys / "class" / "tty"
    try:
        names = [entry.name for entry in folder.iterdir() if (entry / "device").exists()]
    except OSError:
        return []
    return sorted(names, key=lambda name: (len(name), name))


def read_tty(name: str, sys: Path = SYS, dev: Path = DEV) -> TtyNode:
    """Return a serial port as sysfs shows it.

    Args:
        name: such as ``ttyACM0``.
        sys: where sysfs is.
        dev: where the device nodes are.

    Raises:
        OSError: the device has gone.
    """
    usb = _usb_parent((sys / "class" / "tty" / name / "device").resolve(strict=True), sys)
    if usb is None:
        return TtyNode(str(dev / name), "", "", "")
    return TtyNode(str(dev / name), _text(usb / "product"), _text(usb / "serial"), usb.name)


def tty_instance(name: str, sys: Path = SYS) -> str:
    """Return what differs each time a port is plugged in: its place, and the number USB gave it.

    Raises:
        OSError: the device has gone.
    """
    device = (sys / "class" / "tty" / name / "device").resolve(strict=True)
    usb = _usb_parent(device, sys)
    return f"{device} {_text(usb / 'devnum')}" if usb is not None else str(device)


def _uevent(path: Path) -> dict[str, str]:
    """Return the variables of a ``uevent`` file."""
    text = path.read_bytes()[:TEXT_BYTES].decode(errors="replace")
    return dict(line.split("=", 1) for line in text.splitlines() if "=" in line)


def _ids(text: str) -> tuple[int, int, int]:
    """Return bus, vendor and product of ``0003:00000B0E:00000307``; zeros for anything else."""
    try:
        bus, vendor, product = (int(part, 16) for part in text.split(":"))
    except ValueError:
        return 0, 0, 0
    return bus, vendor & 0xFFFF, product & 0xFFFF


def _usb_parent(device: Path, sys: Path) -> Path | None:
    """Return the USB device a HID device is part of; Bluetooth and uhid have none."""
    for parent in device.parents:
        if parent == sys:
            return None
        if (parent / "idVendor").is_file():
            return parent
    return None


def _text(path: Path) -> str:
    """Return an attribute, empty where there is none."""
    try:
        return path.read_bytes()[:TEXT_BYTES].decode(errors="replace").strip()
    except OSError:
        return ""
