"""What PJSIP drops because it cannot parse it: some phones' last word about a transfer.

pjsua2 does not wrap this callback; the C function is there (``sip_transport.h``). PJSIP calls it on
the SIP thread, also for each keep-alive, such as our own wake-up.
"""

import ctypes
from collections.abc import Callable

from bridge.engine.desk import Desk
from bridge.engine.guard import describe
from bridge.engine.recording import Told
from bridge.engine.transfers import overheard
from bridge.protocols.sip_dropped import MAX_BYTES, transfer_news


class _Dropped(ctypes.Structure):
    """``pjsip_tp_dropped_data``."""

    _fields_ = (
        ("transport", ctypes.c_void_p),
        ("data", ctypes.c_void_p),
        ("length", ctypes.c_size_t),
        ("status", ctypes.c_int),
    )


_Callback = ctypes.CFUNCTYPE(None, ctypes.POINTER(_Dropped))


def listen(native: ctypes.CDLL, desk: Desk) -> Callable[..., None]:
    """Hear of every packet that PJSIP drops.

    Args:
        native: the library, after ``libInit``.
        desk: of the SIP thread.

    Returns:
        What PJSIP calls: to be kept until the library was left.
    """

    def dropped(found: "ctypes._Pointer[_Dropped]") -> None:
        try:
            one = found.contents
            _read(desk, ctypes.string_at(one.data, min(one.length, MAX_BYTES + 1)))
        except BaseException as e:  # noqa: BLE001  # no exception leaves a callback: see guard.py
            desk.fault("dropped", describe(e))

    for name in ("pjsua_get_pjsip_endpt", "pjsip_endpt_get_tpmgr"):
        getattr(native, name).restype = ctypes.c_void_p
    endpoint = ctypes.c_void_p(native.pjsua_get_pjsip_endpt())
    transports = ctypes.c_void_p(native.pjsip_endpt_get_tpmgr(endpoint))
    callback = _Callback(dropped)
    native.pjsip_tpmgr_set_drop_data_cb(transports, callback)
    return callback


def _read(desk: Desk, packet: bytes) -> None:
    news = transfer_news(packet)
    if news is not None:  # not now: PJSIP is in the middle of its packet
        desk.post(Told(lambda: overheard(desk, news)))
