"""USB devices written in Python, attached through the kernel's USB/IP host (vhci_hcd).

Where ``virtual_usb.Gadget`` uses the kernel's ready-made functions, a device here
answers every transfer itself.  That allows what the dummy controller cannot do:

* isochronous transfers, hence a headset whose sound card and buttons are *one* USB
  device (``AudioHeadset``), as real ones are;
* GET_REPORT, stalls, malformed descriptors, a device that stops answering;
* vendor and class protocols on the control pipe, such as a DFU boot loader
  (``DfuDevice``).

Nothing goes over the network: the kernel gets one end of a socket pair.
Needs root and the module vhci_hcd (``vm run --profile hid,usbip``).
"""

from __future__ import annotations

import contextlib
import errno
import glob
import heapq
import itertools
import os
import queue
import socket
import struct
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Self

from tests.lab.virtual_usb import LabError, load_modules, wait_for

VHCI = Path("/sys/devices/platform/vhci_hcd.0")

FULL_SPEED, HIGH_SPEED = 2, 3

_CMD_SUBMIT, _CMD_UNLINK, _RET_SUBMIT, _RET_UNLINK = 1, 2, 3, 4
_HEADER = struct.Struct(">IIIII28s")
_SUBMIT = struct.Struct(">IiiiI8s")  # flags, length, start frame, packets, interval, setup
_RESULT = struct.Struct(">iiiii8s")  # status, actual, start frame, packets, errors
_PACKET = struct.Struct(">IIIi")  # offset, length, actual length, status


class Stall(Exception):
    """The device answers this request with STALL."""


class Setup:
    """A control request."""

    def __init__(self, raw: bytes) -> None:
        self.type: int
        self.request: int
        self.value: int
        self.index: int
        self.length: int
        self.type, self.request, self.value, self.index, self.length = struct.unpack("<BBHHH", raw)

    @property
    def to_host(self) -> bool:
        return bool(self.type & 0x80)

    @property
    def kind(self) -> int:
        """0 standard, 1 class, 2 vendor."""
        return (self.type >> 5) & 3

    @property
    def recipient(self) -> int:
        """0 device, 1 interface, 2 endpoint."""
        return self.type & 0x1F

    def __repr__(self) -> str:
        return (
            f"Setup(type=0x{self.type:02x}, request=0x{self.request:02x}, "
            f"value=0x{self.value:04x}, index=0x{self.index:04x}, length={self.length})"
        )


class _Urb:
    __slots__ = ("data", "ep", "length", "packets", "seqnum", "setup", "to_host")

    def __init__(
        self,
        seqnum: int,
        ep: int,
        to_host: bool,
        length: int,
        packets: list[tuple[int, ...]],
        data: bytes,
        setup: bytes,
    ) -> None:
        self.seqnum, self.ep, self.to_host = seqnum, ep, to_host
        self.length, self.packets, self.data, self.setup = length, packets, data, setup


class UsbDevice:
    """A USB device; subclasses override ``control_request`` and ``data_received``."""

    def __init__(
        self,
        vendor_id: int,
        product_id: int,
        interfaces: bytes,
        *,
        interface_count: int,
        manufacturer: str = "Lab",
        product: str = "Lab device",
        serial: str = "LAB0001",
        release: int = 0x0100,
        usb: int = 0x0200,
        speed: int = FULL_SPEED,
        device_class: tuple[int, int, int] = (0, 0, 0),
        extra: dict[tuple[int, int], bytes] | None = None,
        plug: bool = True,
    ) -> None:
        """*interfaces*: every descriptor after the configuration descriptor.

        *extra*: class descriptors by (type, interface), e.g. (0x22, 3) for the report
        descriptor of interface 3.
        """
        self.vendor_id, self.product_id, self.product = vendor_id, product_id, product
        self.speed = speed
        self.strings = {1: manufacturer, 2: product, 3: serial}
        self.release, self.usb, self.device_class = release, usb, device_class
        self.config_descriptor = (
            struct.pack("<BBHBBBBB", 9, 2, 9 + len(interfaces), interface_count, 1, 0, 0x80, 50)
            + interfaces
        )
        self.extra = dict(extra or {})
        self.alternate: dict[int, int] = {}
        self.port = -1
        self._sock: socket.socket | None = None
        self._lock = threading.Lock()
        self._waiting: dict[int, deque[_Urb]] = {}  # IN endpoint -> submissions without data yet
        self._ready: dict[int, deque[bytes]] = {}  # IN endpoint -> data nobody asked for yet
        self._clock: dict[int, float] = {}
        self._due: list[tuple[float, int, _Urb]] = []
        self._order = itertools.count()
        self._wake = threading.Condition(self._lock)
        self._threads: list[threading.Thread] = []
        self.iso_endpoints = set()
        at = 0
        while at < len(interfaces):
            size, kind = interfaces[at], interfaces[at + 1]
            if kind == 5 and interfaces[at + 3] & 3 == 1:
                self.iso_endpoints.add(interfaces[at + 2])
            at += size
        if plug:
            self.plug()

    @property
    def device_descriptor(self) -> bytes:
        return struct.pack(
            "<BBHBBBBHHHBBBB",
            18, 1, self.usb, *self.device_class, 64,
            self.vendor_id, self.product_id, self.release, 1, 2, 3, 1,
        )  # fmt: skip

    # -- for subclasses --------------------------------------------------------

    def control_request(self, setup: Setup, data: bytes) -> bytes:
        """Answer a class or vendor request: the data for the host, or raise Stall."""
        raise Stall

    def data_received(self, endpoint: int, data: bytes) -> None:
        """A bulk or interrupt OUT transfer arrived."""

    def iso_out(self, endpoint: int, packets: list[bytes]) -> None:
        """Isochronous packets from the host."""

    def iso_in(self, endpoint: int, size: int) -> bytes:
        """The next isochronous packet for the host, at most *size* bytes."""
        return b""

    def alternate_set(self, interface: int, alternate: int) -> None:
        """The host selected another setting of an interface."""

    def send(self, endpoint: int, data: bytes) -> None:
        """Hand data to the host on a bulk or interrupt IN endpoint (0x80 | number)."""
        with self._lock:
            waiting = self._waiting.get(endpoint)
            urb = waiting.popleft() if waiting else None
            if urb is None:
                self._ready.setdefault(endpoint, deque()).append(bytes(data))
        if urb is not None:
            self._complete(urb, bytes(data))

    # -- plugging --------------------------------------------------------------

    def plug(self, timeout: float = 10.0) -> None:
        """Attach; returns once the host has set the configuration."""
        if self._sock is not None:
            return
        load_modules("vhci_hcd")
        if not VHCI.is_dir():
            raise LabError("no USB/IP host controller: the kernel module vhci_hcd is missing")
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        self._configured = threading.Event()
        self._sock = ours
        self._stopping = False
        try:
            self.port = self._attach(theirs)
        except BaseException:
            ours.close()
            self._sock = None
            raise
        finally:
            theirs.close()
        self._threads = [
            threading.Thread(target=self._receive, name="usb-rx", daemon=True),
            threading.Thread(target=self._pace, name="usb-iso", daemon=True),
        ]
        for thread in self._threads:
            thread.start()
        if not self._configured.wait(timeout):
            self.unplug()
            raise LabError(f"{self.product}: the host did not configure the device (see dmesg)")

    def _attach(self, theirs: socket.socket) -> int:
        last: OSError | None = None
        for line in (VHCI / "status").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[0] != "hs" or int(fields[2]) != 4:  # 4: port free
                continue
            port = int(fields[1])
            request = f"{port} {theirs.fileno()} {0x10000 + port + 1} {self.speed}"
            try:
                with open(VHCI / "attach", "wb", buffering=0) as out:
                    out.write(request.encode())
                return port
            except OSError as exc:  # taken in the meantime
                last = exc
        raise LabError(f"no free USB/IP port{f': {last}' if last else ''}")

    def unplug(self, timeout: float = 10.0) -> None:
        if self._sock is None:
            return
        usb = self.sysfs()
        sock, self._sock = self._sock, None
        with self._lock:
            self._stopping = True
            self._waiting.clear()
            self._ready.clear()
            self._due.clear()
            self._clock.clear()
            self._wake.notify_all()
        with contextlib.suppress(OSError), open(VHCI / "detach", "wb", buffering=0) as out:
            out.write(str(self.port).encode())
        with contextlib.suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join(5)
        sock.close()
        port, self.port = self.port, -1
        self.alternate.clear()
        if usb is not None:
            wait_for(lambda: not usb.exists(), timeout, f"{usb.name} to go")
        wait_for(lambda: self._port_free(port), timeout, f"port {port} to become free")

    @staticmethod
    def _port_free(port: int) -> bool:
        for line in (VHCI / "status").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[0] == "hs" and int(fields[1]) == port:
                return int(fields[2]) == 4
        return False

    close = unplug

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def sysfs(self) -> Path | None:
        """The device in sysfs as the host sees it."""
        for path in glob.glob(f"{VHCI}/usb*/*-{self.port + 1}"):
            try:
                vendor = int(Path(path, "idVendor").read_text(), 16)
                bus_speed = Path(path).parent.joinpath("speed").read_text().strip()
            except (OSError, ValueError):
                continue
            if vendor == self.vendor_id and bus_speed == "480":
                return Path(path)
        return None

    # -- the wire --------------------------------------------------------------

    def _read(self, sock: socket.socket, size: int) -> bytes:
        parts = bytearray()
        while len(parts) < size:
            chunk = sock.recv(size - len(parts))
            if not chunk:
                raise EOFError
            parts += chunk
        return bytes(parts)

    def _write(self, data: bytes) -> None:
        sock = self._sock
        if sock is None:
            return
        with contextlib.suppress(OSError), self._send_lock:
            sock.sendall(data)

    _send_lock = threading.Lock()

    def _receive(self) -> None:
        sock = self._sock
        if sock is None:
            return
        try:
            while True:
                command, seqnum, _, direction, ep, rest = _HEADER.unpack(
                    self._read(sock, _HEADER.size)
                )
                if command == _CMD_UNLINK:
                    (target,) = struct.unpack_from(">I", rest)
                    self._unlink(seqnum, target)
                    continue
                if command != _CMD_SUBMIT:
                    raise EOFError
                _, length, _, packets, _, setup = _SUBMIT.unpack(rest)
                to_host = bool(direction)
                address = ep | 0x80 if to_host else ep
                iso = address in self.iso_endpoints
                data = b"" if to_host else self._read(sock, length)
                frames: list[tuple[int, ...]] = []
                if iso:
                    raw = self._read(sock, _PACKET.size * packets)
                    frames = [_PACKET.unpack_from(raw, i * _PACKET.size) for i in range(packets)]
                self._submit(_Urb(seqnum, address, to_host, length, frames, data, setup), iso)
        except (EOFError, OSError):
            return

    def _submit(self, urb: _Urb, iso: bool) -> None:
        if urb.ep in (0, 0x80):
            setup = Setup(urb.setup)
            try:
                reply = self._control(setup, urb.data)
            except Stall:
                self._complete(urb, b"", -errno.EPIPE)
            else:
                self._complete(urb, reply[: setup.length])
        elif iso:
            now = time.monotonic()
            with self._lock:
                # A late transfer is made up for, as the bus would have gone on meanwhile,
                # unless the stream only starts or stood still.
                start = self._clock.get(urb.ep, 0.0)
                if start < now - 0.25:
                    start = now
                due = start + 0.001 * len(urb.packets)
                self._clock[urb.ep] = due
                heapq.heappush(self._due, (due, next(self._order), urb))
                self._wake.notify()
        elif urb.to_host:
            with self._lock:
                ready = self._ready.get(urb.ep)
                data = ready.popleft() if ready else None
                if data is None:
                    self._waiting.setdefault(urb.ep, deque()).append(urb)
            if data is not None:
                self._complete(urb, data)
        else:
            self.data_received(urb.ep, urb.data)
            self._complete(urb, b"", actual=len(urb.data))

    def _complete(self, urb: _Urb, data: bytes, status: int = 0, actual: int | None = None) -> None:
        if urb.to_host:
            data = data[: urb.length]
            actual = len(data)
        elif actual is None:
            actual = len(urb.data) if status == 0 else 0
        head = _HEADER.pack(
            _RET_SUBMIT, urb.seqnum, 0, 0, 0, _RESULT.pack(status, actual, 0, 0, 0, b"")
        )
        self._write(head + (data if urb.to_host else b""))

    def _unlink(self, seqnum: int, target: int) -> None:
        found = False
        with self._lock:
            for waiting in self._waiting.values():
                for urb in waiting:
                    if urb.seqnum == target:
                        waiting.remove(urb)
                        found = True
                        break
            for item in self._due:
                if item[2].seqnum == target:
                    self._due.remove(item)
                    heapq.heapify(self._due)
                    found = True
                    break
        status = -errno.ECONNRESET if found else 0
        self._write(_HEADER.pack(_RET_UNLINK, seqnum, 0, 0, 0, struct.pack(">i24x", status)))

    def _pace(self) -> None:
        """Complete isochronous transfers at the pace of a frame a millisecond."""
        while True:
            with self._lock:
                while not self._stopping and (not self._due or self._due[0][0] > time.monotonic()):
                    delay = self._due[0][0] - time.monotonic() if self._due else None
                    if delay is not None and delay <= 0:
                        break
                    self._wake.wait(delay)
                if self._stopping:
                    return
                _, _, urb = heapq.heappop(self._due)
            if urb.to_host:
                chunks = [self.iso_in(urb.ep, length)[:length] for _, length, _, _ in urb.packets]
                data = b"".join(chunks)
            else:
                chunks = [urb.data[o : o + length] for o, length, _, _ in urb.packets]
                self.iso_out(urb.ep, chunks)
                data = b""
            table = b"".join(
                _PACKET.pack(o, length, len(chunk), 0)
                for (o, length, _, _), chunk in zip(urb.packets, chunks, strict=True)
            )
            total = sum(len(c) for c in chunks)
            head = _HEADER.pack(
                _RET_SUBMIT, urb.seqnum, 0, 0, 0,
                _RESULT.pack(0, total, 0, len(urb.packets), 0, b""),
            )  # fmt: skip
            self._write(head + data + table)

    # -- chapter 9 ---------------------------------------------------------------

    def _control(self, setup: Setup, data: bytes) -> bytes:
        if setup.kind != 0:
            return self.control_request(setup, data)
        request = setup.request
        if request == 0x06:  # GET_DESCRIPTOR
            kind, index = setup.value >> 8, setup.value & 0xFF
            if setup.recipient == 1:
                found = self.extra.get((kind, setup.index & 0xFF))
                if found is None:
                    raise Stall
                return found
            if kind == 1:
                return self.device_descriptor
            if kind == 2 and index == 0:
                return self.config_descriptor
            if kind == 3:
                if index == 0:
                    return b"\x04\x03\x09\x04"
                if index in self.strings:
                    text = self.strings[index].encode("utf-16-le")[:252]
                    return bytes((len(text) + 2, 3)) + text
            raise Stall
        if request == 0x09:  # SET_CONFIGURATION
            self._configured.set()
            return b""
        if request == 0x08:
            return b"\x01" if self._configured.is_set() else b"\x00"
        if request == 0x0B:  # SET_INTERFACE
            self.alternate[setup.index] = setup.value
            self.alternate_set(setup.index, setup.value)
            return b""
        if request == 0x0A:
            return bytes((self.alternate.get(setup.index, 0),))
        if request == 0x00:
            return b"\x00\x00"
        if request in (0x01, 0x03):  # CLEAR_FEATURE, SET_FEATURE
            return b""
        raise Stall


# --------------------------------------------------------------------------


def _hid_interface(number: int, report_descriptor: bytes, endpoint: int) -> tuple[bytes, bytes]:
    hid = struct.pack("<BBHBBBH", 9, 0x21, 0x0111, 0, 1, 0x22, len(report_descriptor))
    return (
        bytes((9, 4, number, 0, 1, 3, 0, 0, 0))
        + hid
        + struct.pack("<BBBBHB", 7, 5, endpoint, 3, 64, 1),
        hid,
    )


class AudioHeadset(UsbDevice):
    """A headset: USB audio class 1 speaker and microphone, and a HID interface.

    ``press`` sends an input report and ``receive`` gives the host's output reports;
    ``played`` is what the host sent to the speaker and ``speak`` queues samples for the
    microphone (16-bit mono little-endian).
    """

    HID_INTERFACE = 3
    HID_IN = 0x83
    SPEAKER, MICROPHONE = 0x01, 0x82

    def __init__(
        self,
        vendor_id: int,
        product_id: int,
        report_descriptor: bytes,
        *,
        rates: Sequence[int] = (16000, 48000),
        feature: dict[int, bytes] | None = None,
        **options: Any,
    ) -> None:
        self.report_descriptor = report_descriptor
        self.feature = dict(feature or {})
        self.rate = {self.SPEAKER: rates[0], self.MICROPHONE: rates[0]}
        self.levels: dict[tuple[int, int], int] = {}
        self._reports: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self.played = bytearray()
        self._speech = bytearray()
        self._audio = threading.Lock()
        self.changes: queue.SimpleQueue[tuple[str, int]] = queue.SimpleQueue()
        block, hid = self._descriptors(report_descriptor, rates)
        super().__init__(
            vendor_id,
            product_id,
            block,
            interface_count=4,
            extra={(0x21, 3): hid, (0x22, 3): report_descriptor},
            **options,
        )

    def _descriptors(self, report_descriptor: bytes, rates: Sequence[int]) -> tuple[bytes, bytes]:
        units = b"".join(
            (
                bytes((12, 0x24, 2, 1, 0x01, 0x01, 0, 1, 0, 0, 0, 0)),  # in: USB stream
                bytes((9, 0x24, 6, 2, 1, 1, 0x03, 0x00, 0)),  # feature: mute, volume
                bytes((9, 0x24, 3, 3, 0x02, 0x04, 4, 2, 0)),  # out: headset
                bytes((12, 0x24, 2, 4, 0x02, 0x04, 3, 1, 0, 0, 0, 0)),  # in: headset
                bytes((9, 0x24, 6, 5, 4, 1, 0x03, 0x00, 0)),
                bytes((9, 0x24, 3, 6, 0x01, 0x01, 0, 5, 0)),  # out: USB stream
            )
        )
        header = struct.pack("<BBBHHBBB", 10, 0x24, 1, 0x0100, 10 + len(units), 2, 1, 2)
        control = bytes((9, 4, 0, 0, 0, 1, 1, 0, 0)) + header + units

        def stream(number: int, terminal: int, endpoint: int, attributes: int) -> bytes:
            table = b"".join(struct.pack("<I", r)[:3] for r in rates)
            size = max(rates) // 1000 * 2 + 2
            return b"".join(
                (
                    bytes((9, 4, number, 0, 0, 1, 2, 0, 0)),
                    bytes((9, 4, number, 1, 1, 1, 2, 0, 0)),
                    bytes((7, 0x24, 1, terminal, 1, 1, 0)),  # PCM
                    bytes((8 + len(table), 0x24, 2, 1, 1, 2, 16, len(rates))) + table,
                    struct.pack("<BBBBHBBB", 9, 5, endpoint, attributes, size, 1, 0, 0),
                    bytes((7, 0x25, 1, 1, 0, 0, 0)),  # sampling frequency control
                )
            )

        hid_block, hid = _hid_interface(self.HID_INTERFACE, report_descriptor, self.HID_IN)
        return (
            control
            + stream(1, 1, self.SPEAKER, 0x09)
            + stream(2, 6, self.MICROPHONE, 0x05)
            + hid_block,
            hid,
        )

    # -- requests ---------------------------------------------------------------

    def control_request(self, setup: Setup, data: bytes) -> bytes:
        if setup.kind != 1:
            raise Stall
        if setup.recipient == 2:  # endpoint: sampling frequency
            endpoint = setup.index & 0xFF
            if setup.request == 0x01 and len(data) >= 3:
                self.rate[endpoint] = int.from_bytes(data[:3], "little")
                return b""
            if setup.request == 0x81:
                return self.rate[endpoint].to_bytes(3, "little")
            raise Stall
        interface, unit = setup.index & 0xFF, setup.index >> 8
        if interface == self.HID_INTERFACE:
            return self._hid_request(setup, data)
        control = setup.value >> 8  # 1 mute, 2 volume
        key = (unit, control)
        if setup.request == 0x01:
            self.levels[key] = int.from_bytes(data, "little", signed=control == 2)
            name = {2: "speaker", 5: "microphone"}.get(unit, str(unit))
            what = {1: "mute", 2: "volume"}.get(control, str(control))
            self.changes.put((f"{name} {what}", self.levels[key]))
            return b""
        if control == 1 and setup.request == 0x81:
            return bytes((self.levels.get(key, 0) & 1,))
        if control == 2:
            value = {
                0x81: self.levels.get(key, 0),
                0x82: -0x3000,
                0x83: 0,
                0x84: 0x100,
            }.get(setup.request)
            if value is not None:
                return struct.pack("<h", value)
        raise Stall

    def _hid_request(self, setup: Setup, data: bytes) -> bytes:
        kind, number = setup.value >> 8, setup.value & 0xFF
        if setup.request == 0x09:  # SET_REPORT
            if kind == 3:
                self.feature[number] = data
            else:
                self._reports.put(data)
            return b""
        if setup.request == 0x01:  # GET_REPORT
            if kind == 3 and number in self.feature:
                return self.feature[number]
            raise Stall
        if setup.request in (0x0A, 0x0B):  # SET_IDLE, SET_PROTOCOL
            return b""
        raise Stall

    # -- the test's side ----------------------------------------------------------

    def press(self, report: bytes) -> None:
        """Send one input report."""
        self.send(self.HID_IN, report)

    def receive(self, timeout: float = 2.0) -> bytes | None:
        """One output report of the host, or None."""
        try:
            return self._reports.get(timeout=timeout)
        except queue.Empty:
            return None

    def speak(self, samples: bytes) -> None:
        """Queue microphone samples."""
        with self._audio:
            self._speech += samples

    def heard(self) -> bytes:
        """Take what the host has played so far."""
        with self._audio:
            data = bytes(self.played)
            self.played.clear()
        return data

    def iso_out(self, endpoint: int, packets: list[bytes]) -> None:
        with self._audio:
            for packet in packets:
                self.played += packet

    def iso_in(self, endpoint: int, size: int) -> bytes:
        want = min(size, self.rate[endpoint] // 1000 * 2)
        with self._audio:
            data = bytes(self._speech[:want])
            del self._speech[:want]
        return data + bytes(want - len(data))

    # -- the host's side ------------------------------------------------------------

    def hidraw(self, timeout: float = 10.0) -> str:
        return str(wait_for(lambda: self._node("*/hidraw/hidraw*", 3), timeout, "the hidraw node"))

    def card(self, timeout: float = 10.0) -> int:
        """Number of the host's sound card."""

        def probe() -> str | None:
            usb = self.sysfs()
            found = glob.glob(f"{usb}/{usb.name}:1.0/sound/card*/pcmC*") if usb else []
            return found[0].split("/card")[-1].split("/")[0] if found else None

        return int(str(wait_for(probe, timeout, "the sound card")))

    def _node(self, pattern: str, interface: int) -> str | None:
        usb = self.sysfs()
        if usb is None:
            return None
        for path in glob.glob(f"{usb}/{usb.name}:1.{interface}/{pattern}"):
            node = "/dev/" + os.path.basename(path)
            if os.path.exists(node):
                return node
        return None


class DfuDevice(UsbDevice):
    """A boot loader speaking USB DFU 1.1 (DFU mode), with one firmware memory.

    ``memory`` is the image.  *fail_at*: reject the block with this number, with
    *fail_status* (0x04 errERASE, 0x06 errPROG, 0x07 errVERIFY, 0x0B errVENDOR).  *reboot*
    is called between unplugging and plugging in again after a complete download, to
    change what comes back (``release``, for one).
    """

    IDLE, DNLOAD_SYNC, DNBUSY, DNLOAD_IDLE, MANIFEST_SYNC, MANIFEST = 2, 3, 4, 5, 6, 7
    WAIT_RESET, UPLOAD_IDLE, ERROR = 8, 9, 10

    def __init__(
        self,
        vendor_id: int,
        product_id: int,
        *,
        image: bytes = b"",
        transfer_size: int = 1024,
        fail_at: int | None = None,
        fail_status: int = 0x07,
        name: str = "Firmware",
        reboot: Callable[[DfuDevice], None] | None = None,
        **options: Any,
    ) -> None:
        self.reboot = reboot
        self.memory = bytearray(image)
        self.transfer_size = transfer_size
        self.fail_at, self.fail_status = fail_at, fail_status
        self.state, self.status = self.IDLE, 0
        self.finished = threading.Event()
        functional = struct.pack("<BBBHHH", 9, 0x21, 0x0D, 255, transfer_size, 0x0110)
        block = bytes((9, 4, 0, 0, 0, 0xFE, 1, 2, 4 if name else 0)) + functional
        plug = options.pop("plug", True)
        super().__init__(
            vendor_id,
            product_id,
            block,
            interface_count=1,
            extra={(0x21, 0): functional},
            plug=False,
            **options,
        )
        if name:
            self.strings[4] = name
        if plug:
            self.plug()

    def control_request(self, setup: Setup, data: bytes) -> bytes:
        if setup.kind != 1:
            raise Stall
        if setup.request == 1:  # DNLOAD
            return self._download(setup, data)
        if setup.request == 2:  # UPLOAD
            at = setup.value * self.transfer_size
            chunk = bytes(self.memory[at : at + setup.length])
            self.state = self.UPLOAD_IDLE if len(chunk) == setup.length else self.IDLE
            return chunk
        if setup.request == 3:  # GETSTATUS
            if self.state == self.DNLOAD_SYNC:
                self.state = self.DNLOAD_IDLE
            elif self.state == self.MANIFEST_SYNC:
                self.state = self.IDLE
                self.finished.set()
                if self.reboot is not None:
                    threading.Thread(target=self._reboot, daemon=True).start()
            return bytes((self.status, 1, 0, 0, self.state, 0))
        if setup.request == 4:  # CLRSTATUS
            self.state, self.status = self.IDLE, 0
            return b""
        if setup.request == 5:
            return bytes((self.state,))
        if setup.request == 6:  # ABORT
            self.state = self.IDLE
            return b""
        raise Stall

    def _reboot(self) -> None:
        time.sleep(0.2)  # let the host finish its last request
        self.unplug()
        assert self.reboot is not None
        self.reboot(self)
        self.plug()

    def _download(self, setup: Setup, data: bytes) -> bytes:
        if self.state not in (self.IDLE, self.DNLOAD_IDLE):
            self.state, self.status = self.ERROR, 0x0F
            raise Stall
        if not data:
            self.state = self.MANIFEST_SYNC
            return b""
        if self.state == self.IDLE:
            self.memory.clear()
            self.finished.clear()
        if self.fail_at is not None and setup.value == self.fail_at:
            self.state, self.status = self.ERROR, self.fail_status
            return b""
        self.memory += data
        self.state = self.DNLOAD_SYNC
        return b""


__all__ = [
    "FULL_SPEED",
    "HIGH_SPEED",
    "AudioHeadset",
    "DfuDevice",
    "Setup",
    "Stall",
    "UsbDevice",
]
