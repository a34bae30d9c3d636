"""A telephone of a hundred lines around ``Sound``: a program for tests, driven by lines on stdin.

Usage: ``phone.py SETTINGS`` with ``SoundSettings`` as JSON. Answers each line with one JSON line:
``call PORT``, ``hangup``, ``mute``, ``unmute``, ``connect``, ``disconnect``, ``ring``, ``quiet``,
``select SETTINGS``, ``stats``, ``quit``. It answers calls at once. The real engine has its own
tests; this one has nothing but pjsua2 and the sound.
"""

import ctypes
import dataclasses
import gc
import json
import os
import resource
import select
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pjsua2 as pj

from bridge.engine.audio import Sound
from bridge.model.events import SoundChanged
from bridge.model.sound import Ring, SoundBackend, SoundSettings

ROUND_MS = 10


def silence_the_library() -> None:
    """PJLIB prints to stdout before it can be told not to."""
    library = next(Path(pj.__file__).parent.glob("_pjsua2*.so"))
    ctypes.CDLL(str(library)).pj_log_set_level(0)


def settings_from(text: str) -> SoundSettings:
    """Settings out of JSON."""
    fields = json.loads(text)
    fields["backend"] = SoundBackend(fields.get("backend", "test"))
    fields["test_listen_hz"] = tuple(fields.get("test_listen_hz", ()))
    return SoundSettings(**fields)


class Call(pj.Call):  # type: ignore[misc]
    """A call whose sound is joined as soon as there is some."""

    def __init__(self, phone: "Phone", slot: int = pj.PJSUA_INVALID_ID) -> None:
        super().__init__(phone.account, slot)
        self.phone = phone
        self.has_media = False

    def onCallState(self, prm: object) -> None:  # noqa: N802
        if self.getInfo().state == pj.PJSIP_INV_STATE_DISCONNECTED:
            self.phone.sound.disconnect("call")
            self.phone.call = None

    def onCallMediaState(self, prm: object) -> None:  # noqa: N802
        self.has_media = True
        if self.phone.joins:
            self.phone.sound.connect("call", self.getAudioMedia(-1), muted=False)


class Account(pj.Account):  # type: ignore[misc]
    """Answers at once."""

    def __init__(self, phone: "Phone") -> None:
        super().__init__()
        self.phone = phone

    def onIncomingCall(self, prm: pj.OnIncomingCallParam) -> None:  # noqa: N802
        self.phone.call = Call(self.phone, prm.callId)
        answer = pj.CallOpParam(True)
        answer.statusCode = 200
        self.phone.call.answer(answer)


class Phone:
    """One endpoint, one account, at most one call."""

    def __init__(self, settings: SoundSettings) -> None:
        self.call: Call | None = None
        self.joins = True
        self.notices: list[dict[str, object]] = []
        self.endpoint = pj.Endpoint()
        self.endpoint.libCreate()
        config = pj.EpConfig()
        config.uaConfig.threadCnt, config.uaConfig.mainThreadOnly = 0, True
        config.logConfig.level = config.logConfig.consoleLevel = 0
        config.medConfig.clockRate, config.medConfig.noVad = settings.rate_hz, True
        config.medConfig.ecTailLen, config.medConfig.sndAutoCloseTime = 0, -1
        self.endpoint.libInit(config)
        transport = pj.TransportConfig()
        transport.boundAddress = "127.0.0.1"
        udp = self.endpoint.transportCreate(pj.PJSIP_TRANSPORT_UDP, transport)
        self.port = int(self.endpoint.transportGetInfo(udp).localAddress.rpartition(":")[2])
        self.endpoint.libStart()
        for codec in self.endpoint.codecEnum2():
            wanted = codec.codecId.startswith(os.environ.get("CODEC", "G722"))
            self.endpoint.codecSetPriority(codec.codecId, 255 if wanted else 0)
        self.sound = Sound(pj, settings, self.note)
        self.account = Account(self)
        account = pj.AccountConfig()
        account.idUri = f"sip:phone@127.0.0.1:{self.port}"
        account.mediaConfig.transportConfig.boundAddress = "127.0.0.1"
        self.account.create(account)

    def note(self, change: SoundChanged) -> None:
        self.notices.append({"ok": change.ok, "note": change.note})

    def run(self, seconds: float) -> None:
        """Handle events for a while."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.endpoint.libHandleEvents(ROUND_MS)
            self.sound.tick()

    def dial(self, port: str) -> None:
        call = Call(self)
        self.call = call
        call.makeCall(f"sip:phone@127.0.0.1:{port}", pj.CallOpParam(True))
        end = time.monotonic() + 5
        while time.monotonic() < end and not call.has_media and not self.is_idle:
            self.run(0.01)

    @property
    def is_idle(self) -> bool:
        """Tell whether there is no call."""
        return self.call is None

    def do(self, verb: str, argument: str) -> None:
        """Carry out one order."""
        call = self.call
        media: Any = None if call is None or not call.has_media else call.getAudioMedia(-1)
        match verb:
            case "call":
                self.dial(argument)
            case "hangup":
                self.endpoint.hangupAllCalls()
                self.run(0.05)
            case "mute" | "unmute":
                self.sound.set_muted("call", media, muted=verb == "mute")
            case "connect":
                self.sound.connect("call", media, muted=False)
            case "disconnect":
                self.sound.disconnect("call", media)
            case "ring":
                self.sound.ring(Ring.EXTERNAL)
            case "quiet":
                self.sound.ring(Ring.OFF)
            case "select":
                self.sound.select(settings_from(argument))
            case "joins":
                self.joins = argument == "yes"

    def state(self) -> dict[str, object]:
        """Everything a test may want to know."""
        use = resource.getrusage(resource.RUSAGE_SELF)
        stats = dataclasses.asdict(self.sound.stats())
        return {
            **stats,
            "backend": stats["backend"].value,
            "tones": {str(int(t["hz"])): t["dbfs"] for t in stats["tones"]},
            "faults": self.sound.figures.last_fault,
            "is_fast": self.sound.figures.is_fast,
            "in_call": self.call is not None and self.call.has_media,
            "slots": len(self.endpoint.mediaEnumPorts2()),
            "threads": len(list(Path("/proc/self/task").iterdir())),
            "python_threads": sorted(t.name for t in threading.enumerate()),
            "cpu_s": use.ru_utime + use.ru_stime,
            "notices": self.notices,
        }

    def close(self) -> None:
        """The order of the engine's end."""
        self.endpoint.hangupAllCalls()
        self.run(0.1)
        self.sound.close()
        self.call = None
        gc.collect()
        self.account.shutdown()
        self.run(0.05)
        del self.account
        gc.collect()
        self.endpoint.libDestroy(pj.PJSUA_DESTROY_NO_NETWORK)


def main() -> None:
    """Serve lines until ``quit``."""
    silence_the_library()
    gc.disable()
    phone = Phone(settings_from(sys.argv[1]))
    phone.sound.tick()
    print(json.dumps({"port": phone.port}), flush=True)
    waiting = ""
    while True:
        phone.run(0.01)
        if not select.select([0], [], [], 0)[0]:
            continue
        data = os.read(0, 65536).decode()
        waiting += data
        while "\n" in waiting:
            line, _, waiting = waiting.partition("\n")
            verb, _, argument = line.partition(" ")
            if verb == "quit":
                waiting, data = "", ""
                break
            phone.do(verb, argument)
            phone.run(0.01)
            print(json.dumps(phone.state()), flush=True)
        if not data:
            break
    phone.close()
    print(json.dumps({"closed": True}), flush=True)
    os._exit(0)


if __name__ == "__main__":
    main()
