"""Virtual USB headsets and key panels for the hardware lab.

Two ways to make a device without hardware, both by stock kernel modules:

``Gadget``
    A complete USB device on a dummy host controller (``dummy_hcd`` and
    ``libcomposite``).  The kernel enumerates it like a real one: USB descriptors,
    strings, vendor driver, ``/dev/hidrawN`` with a USB parent, ``/dev/ttyACMN``.
    Functions: any number of HID interfaces (``HidFunction``) and CDC ACM serial
    ports (``AcmFunction``).  No audio: this controller has no isochronous transfers.

``UhidDevice``
    A HID device without a USB parent (``uhid``).  Quicker, answers feature
    reports, and stands in for Bluetooth too.

Both sides are files, so a test plays the hardware (``send``, ``receive``) while the
program under test opens the device node.  Needs root and Linux with the modules;
inside ``vm run`` both are given.  Only the Python standard library is used.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import glob
import os
import queue
import re
import select
import shutil
import struct
import subprocess
import threading
import time
import tty
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

CONFIGFS = Path("/sys/kernel/config/usb_gadget")
UDC_CLASS = Path("/sys/class/udc")

BUS_USB = 0x03
BUS_BLUETOOTH = 0x05

FEATURE_REPORT = 0
OUTPUT_REPORT = 1
INPUT_REPORT = 2


class LabError(RuntimeError):
    """The lab cannot do that here; the text says what is missing."""


def wait_for(
    probe: Callable[[], object], timeout: float, what: str, interval: float = 0.01
) -> object:
    """The first true value of *probe*, or LabError after *timeout* seconds."""
    deadline = time.monotonic() + timeout
    while True:
        value = probe()
        if value:
            return value
        if time.monotonic() > deadline:
            raise LabError(f"waited {timeout:g} s for {what}")
        time.sleep(interval)


def load_modules(*names: str) -> None:
    """Modprobe what is not loaded yet (nothing happens where ``vm`` loaded it)."""
    loaded = set()
    with contextlib.suppress(OSError), open("/proc/modules") as lines:
        loaded = {line.split(" ", 1)[0] for line in lines}
    for name in names:
        canonical = name.replace("-", "_")
        if canonical in loaded or os.path.isdir(f"/sys/module/{canonical}"):
            continue
        tool = shutil.which("modprobe") or "/sbin/modprobe"
        try:
            done = subprocess.run([tool, name], capture_output=True, text=True, check=False)
        except FileNotFoundError:
            raise LabError(
                f"kernel module {name} is not loaded and modprobe is missing (package kmod)"
            ) from None
        if done.returncode:
            raise LabError(f"kernel module {name}: {done.stderr.strip()}")


# --------------------------------------------------------------------------
# Gadgets


@dataclass
class HidFunction:
    """One HID interface of a gadget."""

    report_descriptor: bytes
    report_length: int = 64
    #: False: output reports go over the control pipe (SET_REPORT), as most headsets do.
    out_endpoint: bool = True
    subclass: int = 0
    protocol: int = 0

    _gadget: Gadget | None = None
    _path: Path | None = None
    _fd: int = -1

    # -- the device's side ---------------------------------------------------

    @property
    def node(self) -> str:
        """The gadget's side of the interface, /dev/hidgN."""
        assert self._path is not None, "not created"
        number = (self._path / "dev").read_text().strip()
        return f"/dev/hidg{number.split(':')[1]}"

    def _open(self) -> int:
        if self._fd < 0:
            node = self.node
            wait_for(lambda: os.path.exists(node), 5, f"{node} (is the gadget plugged in?)")
            self._fd = os.open(node, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        return self._fd

    def _close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def flush(self, timeout: float = 10.0) -> None:
        """Wait until the host has collected the last report that was sent."""
        poller = select.poll()
        poller.register(self._open(), select.POLLOUT)
        if not poller.poll(timeout * 1000):
            raise TimeoutError("the host did not collect the last report")

    def send(self, report: bytes, timeout: float = 2.0) -> None:
        """Send one input report: a button was pressed or released.

        The kernel polls the endpoint only while the device is open on the host's
        side or its driver keeps it so; otherwise this times out.
        """
        fd = self._open()
        poller = select.poll()
        poller.register(fd, select.POLLOUT)
        deadline = time.monotonic() + timeout
        while True:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError("the host did not collect the previous report")
            if not poller.poll(left * 1000):
                continue
            try:
                os.write(fd, bytes(report))
                return
            except BlockingIOError:
                time.sleep(0.001)
            except OSError as exc:
                if exc.errno in (errno.ESHUTDOWN, errno.ENODEV):
                    raise LabError("the gadget is not plugged in") from exc
                raise

    def receive(self, timeout: float = 2.0) -> bytes | None:
        """One output report written by the host (a lamp, a ringer), or None."""
        fd = self._open()
        poller = select.poll()
        poller.register(fd, select.POLLIN)
        deadline = time.monotonic() + timeout
        while True:
            left = deadline - time.monotonic()
            if left < 0 or not poller.poll(max(0.0, left) * 1000):
                return None
            try:
                return os.read(fd, max(4096, self.report_length))
            except BlockingIOError:
                time.sleep(0.001)

    def answer_feature(self, report: bytes) -> None:
        """What GET_REPORT answers from now on for this report (its number in front).

        Linux 6.12 and later.  Earlier kernels answer every GET_REPORT with zeros; there
        use ``UhidDevice`` or ``usbip_device``.
        """
        if len(report) > 64:
            raise ValueError("at most 64 bytes")
        data = struct.pack("<BBH64s4x", report[0], 0, len(report), bytes(report))
        try:
            fcntl.ioctl(self._open(), 0x40486742, data)  # GADGET_HID_WRITE_GET_REPORT
        except OSError as exc:
            if exc.errno in (errno.ENOTTY, errno.EINVAL):
                raise LabError("this kernel cannot answer GET_REPORT (6.12 can)") from exc
            raise

    def drain(self) -> list[bytes]:
        """Everything the host has written so far."""
        found = []
        while (report := self.receive(0)) is not None:
            found.append(report)
        return found

    # -- the host's side ------------------------------------------------------

    def hidraw(self, timeout: float = 10.0) -> str:
        """The host's node of the interface, /dev/hidrawN, once it is there."""
        assert self._gadget is not None, "not created"
        gadget, index = self._gadget, self._gadget.interface_of(self)

        def probe() -> str | None:
            usb = gadget.sysfs()
            if usb is None:
                return None
            for path in glob.glob(f"{usb}/{usb.name}:*.{index}/*/hidraw/hidraw*"):
                node = "/dev/" + os.path.basename(path)
                if os.path.exists(node):
                    return node
            return None

        return str(wait_for(probe, timeout, f"the hidraw node of {gadget.product}"))


@dataclass
class AcmFunction:
    """One CDC ACM serial port of a gadget (a key panel, a boot loader).

    The device's side goes through ``write``, ``read`` and ``read_until`` here.  A test
    that opens ``node`` itself must close it before the gadget: the kernel waits, without
    an end, for the last close of the port it is to remove.
    """

    _gadget: Gadget | None = None
    _path: Path | None = None
    _fd: int = -1
    _buffer: bytearray = field(default_factory=bytearray)

    # -- the device's side -----------------------------------------------------

    @property
    def node(self) -> str:
        """The gadget's side, /dev/ttyGSN."""
        assert self._path is not None, "not created"
        return f"/dev/ttyGS{(self._path / 'port_num').read_text().strip()}"

    def _open(self) -> int:
        if self._fd < 0:
            node = self.node
            wait_for(lambda: os.path.exists(node), 5, node)
            self._fd = os.open(node, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)
            tty.setraw(self._fd)
        return self._fd

    def _close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def write(self, data: bytes, timeout: float = 2.0) -> None:
        """Send to the host."""
        fd = self._open()
        deadline = time.monotonic() + timeout
        view = memoryview(data)
        while view:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError("the host does not read the serial port")
            select.select([], [fd], [], left)
            with contextlib.suppress(BlockingIOError):
                view = view[os.write(fd, view) :]

    def read(self, size: int = 4096, timeout: float = 2.0) -> bytes:
        """What the host wrote: at least one byte, or nothing after *timeout*."""
        if not self._buffer:
            fd = self._open()
            deadline = time.monotonic() + timeout
            while not self._buffer:
                left = deadline - time.monotonic()
                if left <= 0 or not select.select([fd], [], [], left)[0]:
                    return b""
                try:
                    self._buffer += os.read(fd, 65536)
                except BlockingIOError:
                    continue
                except OSError:  # unplugged
                    return b""
                if not self._buffer:  # hung up: the host's side went away
                    time.sleep(0.01)
        data = bytes(self._buffer[:size])
        del self._buffer[:size]
        return data

    def read_until(self, end: bytes = b"\n", timeout: float = 2.0) -> bytes:
        """Up to and including *end*; what came, without it, after *timeout*."""
        data = bytearray()
        deadline = time.monotonic() + timeout
        while end not in data:
            part = self.read(65536, max(0.0, deadline - time.monotonic()))
            if not part:
                return bytes(data)
            data += part
        cut = data.index(end) + len(end)
        self._buffer[:0] = data[cut:]
        return bytes(data[:cut])

    # -- the host's side -------------------------------------------------------

    def tty(self, timeout: float = 10.0) -> str:
        """The host's node, /dev/ttyACMN, once it is there."""
        assert self._gadget is not None, "not created"
        gadget, index = self._gadget, self._gadget.interface_of(self)

        def probe() -> str | None:
            usb = gadget.sysfs()
            if usb is None:
                return None
            for path in glob.glob(f"{usb}/{usb.name}:*.{index}/tty/ttyACM*"):
                node = "/dev/" + os.path.basename(path)
                if os.path.exists(node):
                    return node
            return None

        return str(wait_for(probe, timeout, f"the ttyACM node of {gadget.product}"))


class Gadget:
    """A USB device with chosen ids, strings and functions.

    >>> desc = headset_descriptor()
    >>> with Gadget(0x0B0E, 0x0306, [HidFunction(desc)], product="Lab headset") as usb:
    ...     node = usb.hid[0].hidraw()
    """

    def __init__(
        self,
        vendor_id: int,
        product_id: int,
        functions: Sequence[HidFunction | AcmFunction],
        *,
        manufacturer: str = "Lab",
        product: str = "Lab device",
        serial: str = "LAB0001",
        release: int = 0x0100,
        usb: int = 0x0200,
        plug: bool = True,
    ) -> None:
        self.vendor_id, self.product_id = vendor_id, product_id
        self.manufacturer, self.product, self.serial = manufacturer, product, serial
        self.release, self.usb = release, usb
        self.functions = list(functions)
        self.udc = ""
        self.path: Path | None = None
        self._create()
        if plug:
            try:
                self.plug()
            except BaseException:
                self.close()
                raise

    @property
    def hid(self) -> list[HidFunction]:
        return [f for f in self.functions if isinstance(f, HidFunction)]

    @property
    def acm(self) -> list[AcmFunction]:
        return [f for f in self.functions if isinstance(f, AcmFunction)]

    def interface_of(self, function: HidFunction | AcmFunction) -> int:
        """The number of the function's (first) interface."""
        number = 0
        for other in self.functions:
            if other is function:
                return number
            number += 2 if isinstance(other, AcmFunction) else 1
        raise ValueError("not a function of this gadget")

    # -- making and removing --------------------------------------------------

    def _create(self) -> None:
        if os.geteuid() != 0:
            raise LabError("gadgets need root")
        load_modules("dummy_hcd", "libcomposite")
        if not CONFIGFS.is_dir():
            if not os.path.isdir("/sys/kernel/config"):
                raise LabError("this kernel has no configfs")
            mount = subprocess.run(
                ["mount", "-t", "configfs", "configfs", "/sys/kernel/config"],
                capture_output=True, text=True, check=False,
            )  # fmt: skip
            if not CONFIGFS.is_dir():
                raise LabError(f"no {CONFIGFS}: {mount.stderr.strip() or 'libcomposite missing'}")
        for n in range(1000):
            path = CONFIGFS / f"lab{n}"
            try:
                path.mkdir()
            except FileExistsError:
                continue
            break
        else:
            raise LabError(f"a thousand gadgets below {CONFIGFS}")
        self.path = path
        try:
            self._write("idVendor", f"0x{self.vendor_id:04x}")
            self._write("idProduct", f"0x{self.product_id:04x}")
            self._write("bcdDevice", f"0x{self.release:04x}")
            self._write("bcdUSB", f"0x{self.usb:04x}")
            if self.acm:  # several interfaces in one function: say so as real devices do
                self._write("bDeviceClass", "0xef")
                self._write("bDeviceSubClass", "0x02")
                self._write("bDeviceProtocol", "0x01")
            (path / "strings/0x409").mkdir()
            self._write("strings/0x409/manufacturer", self.manufacturer)
            self._write("strings/0x409/product", self.product)
            self._write("strings/0x409/serialnumber", self.serial)
            (path / "configs/c.1/strings/0x409").mkdir(parents=True)
            self._write("configs/c.1/strings/0x409/configuration", "lab")
            for n, function in enumerate(self.functions):
                kind = "hid" if isinstance(function, HidFunction) else "acm"
                load_modules(f"usb_f_{kind}")
                name = f"{kind}.{path.name}_{n}"
                target = path / "functions" / name
                try:
                    target.mkdir()
                except OSError as exc:
                    if exc.errno in (errno.ENODEV, errno.EBUSY):
                        raise LabError(
                            f"no further {kind} function can be made: the kernel has "
                            f"{'four' if kind == 'hid' else 'eight'} of them at once"
                        ) from exc
                    raise
                function._gadget, function._path = self, target
                if isinstance(function, HidFunction):
                    self._write(f"functions/{name}/report_length", str(function.report_length))
                    self._write(f"functions/{name}/subclass", str(function.subclass))
                    self._write(f"functions/{name}/protocol", str(function.protocol))
                    if not function.out_endpoint:
                        if not (target / "no_out_endpoint").exists():
                            raise LabError("this kernel cannot leave out the OUT endpoint")
                        self._write(f"functions/{name}/no_out_endpoint", "1")
                    self._write(f"functions/{name}/report_desc", function.report_descriptor)
                os.symlink(target, path / "configs/c.1" / name)
        except BaseException:
            self.close()
            raise

    def _write(self, name: str, value: str | bytes) -> None:
        assert self.path is not None
        data = value if isinstance(value, bytes) else value.encode()
        with open(self.path / name, "wb", buffering=0) as out:
            out.write(data)

    def close(self) -> None:
        """Unplug and remove the device.  Calling it twice is harmless."""
        if self.path is None:
            return
        path, self.path = self.path, None
        for function in self.functions:
            function._close()
        if self.udc:
            with contextlib.suppress(OSError), open(path / "UDC", "wb", buffering=0) as out:
                out.write(b"\n")
            self.udc = ""
        _remove_gadget(path)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    # -- plugging -------------------------------------------------------------

    def plug(self, timeout: float = 10.0) -> None:
        """Connect to the first free controller; returns once the host has set it up."""
        if self.udc:
            return
        last: OSError | None = None
        for udc in free_controllers():
            try:
                self._write("UDC", udc)
            except OSError as exc:
                last = exc
                continue
            self.udc = udc
            break
        else:
            if last is not None:
                raise LabError(f"the gadget could not be connected: {last}") from last
            raise LabError("no free dummy controller: load dummy_hcd with num=N")
        state = UDC_CLASS / self.udc / "state"
        wait_for(
            lambda: state.read_text().strip() == "configured", timeout, f"{self.udc} configured"
        )

    def unplug(self, timeout: float = 10.0) -> None:
        """Disconnect, keeping the device for a later plug()."""
        if not self.udc:
            return
        usb = self.sysfs()
        for function in self.hid:  # the kernel makes a new node at the next plug()
            function._close()
        self._write("UDC", "\n")
        self.udc = ""
        if usb is not None:
            wait_for(lambda: not usb.exists(), timeout, f"{usb.name} to go")

    @property
    def plugged(self) -> bool:
        return bool(self.udc)

    def sysfs(self) -> Path | None:
        """The device in sysfs as the host sees it, or None while it is not there."""
        if not self.udc:
            return None
        number = self.udc.rpartition(".")[2]
        for path in glob.glob(f"/sys/devices/platform/dummy_hcd.{number}/usb*/*-1"):
            if os.path.exists(f"{path}/idVendor"):
                return Path(path)
        return None


def _remove_gadget(path: Path) -> None:
    for config in path.glob("configs/*"):
        for link in config.iterdir():
            if link.is_symlink():
                link.unlink()
        for strings in config.glob("strings/*"):
            strings.rmdir()
        config.rmdir()
    for function in path.glob("functions/*"):
        function.rmdir()
    for strings in path.glob("strings/*"):
        strings.rmdir()
    path.rmdir()


def free_controllers() -> Iterator[str]:
    """Names of the device controllers no gadget is bound to."""
    taken = {p.read_text().strip() for p in CONFIGFS.glob("*/UDC")}

    def number(name: str) -> int:
        digits = re.search(r"\d+$", name)
        return int(digits.group()) if digits else 0

    names = [p.name for p in UDC_CLASS.iterdir()] if UDC_CLASS.is_dir() else []
    for name in sorted(names, key=number):
        if name.startswith("dummy_udc") and name not in taken:
            yield name


def remove_leftovers() -> int:
    """Remove gadgets an earlier program left behind; how many."""
    count = 0
    for path in sorted(CONFIGFS.glob("lab*")) if CONFIGFS.is_dir() else []:
        with contextlib.suppress(OSError), open(path / "UDC", "wb", buffering=0) as out:
            out.write(b"\n")
        _remove_gadget(path)
        count += 1
    return count


# --------------------------------------------------------------------------
# uhid

_DESTROY, _START, _STOP, _OPEN, _CLOSE, _OUTPUT = 1, 2, 3, 4, 5, 6
_GET_REPORT, _GET_REPORT_REPLY, _CREATE2, _INPUT2 = 9, 10, 11, 12
_SET_REPORT, _SET_REPORT_REPLY = 13, 14
_DATA = 4096


class UhidDevice:
    """A HID device made by the kernel's uhid.

    *feature* maps a report number to what GET_REPORT answers (with the report
    number in front, as on the wire); the host's SET_REPORTs of feature reports
    change it.
    """

    def __init__(
        self,
        vendor_id: int,
        product_id: int,
        report_descriptor: bytes,
        *,
        name: str = "Lab device",
        serial: str = "",
        phys: str = "",
        version: int = 0x0100,
        country: int = 0,
        bus: int = BUS_USB,
        feature: dict[int, bytes] | None = None,
    ) -> None:
        if len(report_descriptor) > _DATA:
            raise ValueError("the report descriptor is longer than 4096 bytes")
        if not os.path.exists("/dev/uhid"):
            load_modules("uhid")
        try:
            self._fd = os.open("/dev/uhid", os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        except FileNotFoundError:
            raise LabError("no /dev/uhid: the kernel module uhid is missing") from None
        except PermissionError:
            raise LabError("/dev/uhid needs root") from None
        self.vendor_id, self.product_id, self.bus = vendor_id, product_id, bus
        self.name = name
        self.phys = phys or f"lab/{os.getpid()}/{id(self):x}"
        self.feature = dict(feature or {})
        self.started = threading.Event()
        self.opened = threading.Event()
        self._outputs: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._feature_writes: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._stop_r, self._stop_w = os.pipe2(os.O_CLOEXEC)
        self._closed = False
        head = struct.pack(
            "<I128s64s64sHHIIII",
            _CREATE2,
            name.encode()[:127],
            self.phys.encode()[:63],
            serial.encode()[:63],
            len(report_descriptor),
            bus,
            vendor_id,
            product_id,
            version,
            country,
        )
        try:
            os.write(self._fd, head + report_descriptor)
        except OSError:
            self._closed = True
            self._release()
            raise
        self._thread = threading.Thread(target=self._serve, name="uhid", daemon=True)
        self._thread.start()
        if not self.started.wait(5):
            self.close()
            raise LabError(
                "the kernel refused the device: a malformed report descriptor, or a driver "
                "that wants a real USB parent (see dmesg)"
            )

    # -- the device's side ----------------------------------------------------

    def send(self, report: bytes) -> None:
        """Send one input report."""
        if len(report) > _DATA:
            raise ValueError("a report is at most 4096 bytes")
        os.write(self._fd, struct.pack("<IH", _INPUT2, len(report)) + bytes(report))

    def receive(self, timeout: float = 2.0) -> bytes | None:
        """One output report of the host, by either pipe, or None."""
        try:
            return self._outputs.get(timeout=timeout) if timeout > 0 else self._outputs.get_nowait()
        except queue.Empty:
            return None

    def receive_feature(self, timeout: float = 2.0) -> bytes | None:
        """One feature report the host has set, or None."""
        try:
            return self._feature_writes.get(timeout=timeout)
        except queue.Empty:
            return None

    def _serve(self) -> None:
        poller = select.poll()
        poller.register(self._fd, select.POLLIN)
        poller.register(self._stop_r, select.POLLIN)
        while True:
            ready = {fd for fd, _ in poller.poll()}
            if self._stop_r in ready:
                return
            try:
                event = os.read(self._fd, 4380)
            except BlockingIOError:
                continue
            except OSError:
                return
            (kind,) = struct.unpack_from("<I", event)
            if kind == _START:
                self.started.set()
            elif kind == _OPEN:
                self.opened.set()
            elif kind == _CLOSE:
                self.opened.clear()
            elif kind == _OUTPUT:
                (size,) = struct.unpack_from("<H", event, 4 + _DATA)
                self._outputs.put(event[4 : 4 + size])
            elif kind == _GET_REPORT:
                ident, number, _ = struct.unpack_from("<IBB", event, 4)
                data = self.feature.get(number)
                err = 0 if data is not None else errno.EIO
                data = data or b""
                self._reply(struct.pack("<IIHH", _GET_REPORT_REPLY, ident, err, len(data)) + data)
            elif kind == _SET_REPORT:
                ident, number, rtype, size = struct.unpack_from("<IBBH", event, 4)
                data = event[12 : 12 + size]
                if rtype == FEATURE_REPORT:
                    self.feature[number] = data
                    self._feature_writes.put(data)
                else:
                    self._outputs.put(data)
                self._reply(struct.pack("<IIH", _SET_REPORT_REPLY, ident, 0))

    def _reply(self, event: bytes) -> None:
        with contextlib.suppress(OSError):
            os.write(self._fd, event)

    # -- the host's side ------------------------------------------------------

    def hidraw(self, timeout: float = 10.0) -> str:
        """The host's node, /dev/hidrawN, once it is there."""

        def probe() -> str | None:
            for uevent in glob.glob("/sys/class/hidraw/hidraw*/device/uevent"):
                try:
                    text = Path(uevent).read_text()
                except OSError:
                    continue
                if f"HID_PHYS={self.phys}\n" in text:
                    node = "/dev/" + uevent.split("/")[4]
                    if os.path.exists(node):
                        return node
            return None

        return str(wait_for(probe, timeout, f"the hidraw node of {self.name}"))

    def close(self) -> None:
        """Unplug.  Calling it twice is harmless."""
        if self._closed:
            return
        self._closed = True
        os.write(self._stop_w, b"x")
        self._thread.join(5)
        with contextlib.suppress(OSError):
            os.write(self._fd, struct.pack("<I", _DESTROY))
        self._release()

    def _release(self) -> None:
        for fd in (self._fd, self._stop_r, self._stop_w):
            os.close(fd)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


# --------------------------------------------------------------------------
# Report descriptors


def headset_descriptor(
    *,
    input_id: int = 1,
    output_id: int = 2,
    keypad: bool = False,
) -> bytes:
    """A telephony headset by the HID usage tables (pages 0x0B and 0x08).

    Input report: bit 0 hook switch, 1 phone mute, 2 flash, 3 redial; with *keypad*
    a second byte, one of the phone keys 0 to 11 (``*`` is 10, ``#`` 11), 15 for none.
    Output report: bit 0 off-hook lamp, 1 mute lamp, 2 ring lamp, 3 hold lamp,
    4 microphone lamp, 5 on-line lamp, 6 ringer.
    """
    d = bytearray()
    d += bytes.fromhex("050b 0905 a101")  # Telephony page, Headset, application
    d += bytes((0x85, input_id))
    d += bytes.fromhex("1500 2501 7501")  # 0..1, one bit
    d += bytes.fromhex("0920 9501 8122")  # Hook Switch: absolute, no preferred state
    d += bytes.fromhex("092f 0921 0924 9503 8106")  # Phone Mute, Flash, Redial: relative
    d += bytes.fromhex("7504 9501 8103")  # padding
    if keypad:
        d += bytes.fromhex("0906 a102")  # Telephony Key Pad, logical
        d += bytes.fromhex("19b0 29bb 1500 250b 7504 9501 8140 7504 8103 c0")
    d += bytes((0x85, output_id))
    d += bytes.fromhex("0508 1500 2501 7501")  # LED page
    d += bytes.fromhex("0917 0909 0918 0920 0921 092a 9506 9122")
    d += bytes.fromhex("050b 099e 9501 9122")  # Ringer
    d += bytes.fromhex("7501 9501 9103 c0")
    return bytes(d)


# --------------------------------------------------------------------------
# Sound cards


def loopback_cards(ids: Sequence[str], substreams: int = 1) -> None:
    """(Re)load snd-aloop so that it makes one card per id (letters and digits, at most 15).

    Device 0 is the application's side of a card and device 1 the test's: what is
    played on one side is captured on the other.
    """
    for ident in ids:
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]{0,14}", ident):
            raise ValueError(f"not usable as the id of a sound card: {ident!r}")
    modprobe = shutil.which("modprobe") or "/sbin/modprobe"
    for args in (
        ["-r", "snd-aloop"],
        [
            "snd-aloop",
            "enable=" + ",".join("1" for _ in ids),
            "id=" + ",".join(ids),
            "pcm_substreams=" + ",".join(str(substreams) for _ in ids),
        ],
    ):
        done = subprocess.run([modprobe, *args], capture_output=True, text=True, check=False)
        if done.returncode:
            raise LabError(f"modprobe {' '.join(args)}: {done.stderr.strip()}")
    for ident in ids:
        card = Path("/proc/asound", ident)
        wait_for(card.exists, 5, f"sound card {ident}")


__all__ = [
    "BUS_BLUETOOTH",
    "BUS_USB",
    "AcmFunction",
    "Gadget",
    "HidFunction",
    "LabError",
    "UhidDevice",
    "headset_descriptor",
    "load_modules",
    "loopback_cards",
    "remove_leftovers",
    "wait_for",
]
