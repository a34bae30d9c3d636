"""Phones, lamp watcher and MQTT client for check_pjsua2.py; one pjsua2 process, one thread."""

import atexit
import json
import re
import subprocess
import sys
import threading
import time

import pjsua2 as pj


class Mqtt:
    """mosquitto_sub in the background; newest payload per topic."""

    def __init__(self, host, port, prefix):
        self.host, self.port, self.prefix = host, str(port), prefix
        self.last, self.log = {}, []
        self.proc = subprocess.Popen(
            ["mosquitto_sub", "-h", host, "-p", self.port, "-t", prefix + "/#", "-F", "%t %r %p"],
            stdout=subprocess.PIPE,
            text=True,
        )
        atexit.register(self.close)
        threading.Thread(target=self.pump, daemon=True).start()

    def pump(self):
        for line in self.proc.stdout:
            topic, _retained, payload = line.rstrip("\n").split(" ", 2)
            self.log.append((time.monotonic(), topic, payload))
            self.last[topic[len(self.prefix) + 1 :]] = payload

    def pub(self, topic, payload):
        subprocess.run(
            [
                "mosquitto_pub",
                "-h",
                self.host,
                "-p",
                self.port,
                "-t",
                f"{self.prefix}/cmd/{topic}",
                "-m",
                payload,
            ],
            check=True,
        )

    def lamp(self, ext):
        try:
            return json.loads(self.last.get(f"ext/{ext}/state", "{}")).get("lamp")
        except ValueError:
            return None

    def close(self):
        self.proc.terminate()
        self.proc.wait()


class Watch:
    """The lamp watcher in the background: the lamps as a desk phone sees them."""

    def __init__(self, host, port, names):
        self.lamps, self.warnings = {}, []
        self.proc = subprocess.Popen(
            [
                sys.executable,
                "-B",
                "-m",
                "tests.pbx.lamp_watch",
                "--host",
                host,
                "--port",
                str(port),
                "--user",
                "209",
                "--password",
                "secret-209",
                *map(str, names),
            ],
            stdout=subprocess.PIPE,
            text=True,
        )
        atexit.register(self.close)
        threading.Thread(target=self.pump, daemon=True).start()

    def pump(self):
        for line in self.proc.stdout:
            note = json.loads(line)
            if "lamp" in note:
                self.lamps[note["name"]] = note["lamp"]
            if "stale" in note or note["what"] == "failed":
                self.warnings.append(line)

    def close(self):
        self.proc.terminate()
        self.proc.wait()


class Call(pj.Call):
    def __init__(self, acc, call_id=pj.PJSUA_INVALID_ID):
        super().__init__(acc, call_id)
        self.acc, self.code, self.reason, self.alive = acc, 0, "", True
        self.states = []
        self.hold = False

    def onCallState(self, prm):
        info = self.getInfo()
        self.code, self.reason = info.lastStatusCode, info.lastReason
        self.states.append(info.stateText)
        if info.state == pj.PJSIP_INV_STATE_DISCONNECTED:
            self.alive = False

    def onCallMediaState(self, prm):
        info = self.getInfo()
        for med in info.media:
            if med.type == pj.PJMEDIA_TYPE_AUDIO:
                self.hold = med.status in (
                    pj.PJSUA_CALL_MEDIA_LOCAL_HOLD,
                    pj.PJSUA_CALL_MEDIA_REMOTE_HOLD,
                )
                if med.status == pj.PJSUA_CALL_MEDIA_ACTIVE and self.acc.player:
                    audio = self.getAudioMedia(med.index)
                    self.acc.player.startTransmit(audio)

    def onCallReplaced(self, prm):
        self.acc.calls.append(Call(self.acc, prm.newCallId))

    def onCallReplaceRequest(self, prm):
        prm.statusCode = 200

    def onCallTransferRequest(self, prm):
        pass

    @property
    def state(self):
        try:
            return self.getInfo().state
        except pj.Error:
            return pj.PJSIP_INV_STATE_DISCONNECTED


class Account(pj.Account):
    def __init__(self):
        super().__init__()
        self.calls, self.reg, self.mwi, self.auto, self.player = [], 0, "", 0, None

    def onRegState(self, prm):
        self.reg = prm.code

    def onIncomingCall(self, prm):
        # pjsua picks the account by the To header, which names the first
        # callee of a forwarded call; the request line tells who is meant
        user = re.match(r"INVITE sip:([^@;]+)@", prm.rdata.wholeMsg)
        meant = self.bench.accounts.get(int(user.group(1)), self) if user else self
        call = Call(self, prm.callId)
        meant.calls.append(call)
        if meant.auto:
            op = pj.CallOpParam()
            op.statusCode = meant.auto
            call.answer(op)

    def onMwiInfo(self, prm):
        self.mwi = prm.rdata.wholeMsg


class Buddy(pj.Buddy):
    note = ""
    seen = None

    def onBuddyState(self):
        info = self.getInfo()
        if self.seen is None:
            self.seen = []
        self.seen.append((info.presStatus.activity, info.presStatus.note))


class Bench:
    def __init__(self, args):
        self.args = args
        self.ip, self.port = args.host, args.port_base
        self.mqtt = Mqtt(self.ip, self.port + 2, args.prefix)
        self.watch = Watch(self.ip, self.port, [200, 201, 202, 203, 701])
        self.ep = pj.Endpoint()
        self.ep.libCreate()
        cfg = pj.EpConfig()
        cfg.uaConfig.threadCnt = 0
        cfg.uaConfig.mainThreadOnly = True
        cfg.uaConfig.maxCalls = 30
        cfg.medConfig.noVad = True  # or a silent device sends almost no RTP
        cfg.logConfig.level = args.log
        cfg.logConfig.consoleLevel = args.log
        self.ep.libInit(cfg)
        self.transports = {}
        for name, kind in (
            ("udp", pj.PJSIP_TRANSPORT_UDP),
            ("tcp", pj.PJSIP_TRANSPORT_TCP),
            ("tls", pj.PJSIP_TRANSPORT_TLS),
        ):
            tp = pj.TransportConfig()
            tp.boundAddress = self.ip
            try:
                self.transports[name] = self.ep.transportCreate(kind, tp)
            except pj.Error as exc:
                print("no transport", name, exc.info())
        self.ep.libStart()
        self.ep.audDevManager().setNullDev()
        self.accounts = {}

    def poll(self, seconds=0.0, until=None):
        end = time.monotonic() + seconds
        while True:
            self.ep.libHandleEvents(10)
            if until and until():
                return True
            if time.monotonic() >= end:
                return bool(until and until())

    def account(self, ext, transport="udp", mwi=False):
        if ext in self.accounts:
            return self.accounts[ext]
        acc = Account()
        acc.bench = self
        cfg = pj.AccountConfig()
        port = self.port + (1 if transport == "tls" else 0)
        param = "" if transport == "udp" else f";transport={transport}"
        cfg.idUri = f"sip:{ext}@{self.ip}"
        cfg.regConfig.registrarUri = f"sip:{self.ip}:{port}{param}"
        cfg.regConfig.timeoutSec = 300
        cfg.sipConfig.proxies.append(f"sip:{self.ip}:{port}{param};lr")
        cfg.sipConfig.transportId = self.transports[transport]
        cfg.sipConfig.authCreds.append(pj.AuthCredInfo("digest", "*", str(ext), 0, f"secret-{ext}"))
        cfg.mwiConfig.enabled = mwi
        cfg.mediaConfig.transportConfig.boundAddress = self.ip
        cfg.natConfig.iceEnabled = False
        acc.create(cfg)
        if not self.poll(5, lambda: acc.reg >= 200):
            raise AssertionError(f"{ext} not registered over {transport}: {acc.reg}")
        if acc.reg != 200:
            raise AssertionError(f"{ext} registration answered {acc.reg}")
        self.accounts[ext] = acc
        return acc

    def dial(self, ext, number):
        acc = self.account(ext)
        call = Call(acc)
        prm = pj.CallOpParam(True)
        prm.opt.videoCount = 0
        call.makeCall(f"sip:{number}@{self.ip}", prm)
        acc.calls.append(call)
        return call

    def hangup(self):
        self.ep.hangupAllCalls()
        self.poll(
            3,
            lambda: all(
                not c.alive or c.state == pj.PJSIP_INV_STATE_DISCONNECTED
                for a in self.accounts.values()
                for c in a.calls
            ),
        )
        for acc in self.accounts.values():
            acc.calls.clear()
            acc.auto = 0
        self.poll(0.4)

    def expect(self, what, until, seconds=6):
        if not self.poll(seconds, until):
            raise AssertionError(what)

    def lamp(self, ext, state, seconds=6):
        """Wait until MQTT and the SIP subscription both show this lamp."""
        if not self.poll(
            seconds,
            lambda: self.mqtt.lamp(ext) == state and self.watch.lamps.get(str(ext)) == state,
        ):
            raise AssertionError(
                f"lamp of {ext} is {self.mqtt.lamp(ext)!r} on MQTT and "
                f"{self.watch.lamps.get(str(ext))!r} by SIP, not {state!r}"
            )

    def forward(self, ext, kind, target):
        """Set a forwarding by MQTT and wait until the PBX has taken it."""
        self.mqtt.pub(f"ext/{ext}/forward/{kind}", target)
        want = f'"{kind}":"{target}"'
        self.expect(
            f"{ext} {want} not on MQTT",
            lambda: want in self.mqtt.last.get(f"ext/{ext}/features", ""),
        )

    def reset(self):
        """Undo what an interrupted run may have left in the PBX."""
        self.poll(0.5)
        for ext in (200, 201, 202, 203, 208):
            self.mqtt.pub(f"ext/{ext}/dnd", "off")
            for kind in ("always", "busy", "noanswer", "offline"):
                self.mqtt.pub(f"ext/{ext}/forward/{kind}", "")
            state = json.loads(self.mqtt.last.get(f"ext/{ext}/registration", "{}"))
            if state.get("contacts"):
                print(
                    f"note: {ext} is already registered at {state['contact']}; "
                    "calls ring there, too (pbx restart forgets it)"
                )

    def close(self):
        self.hangup()
        for acc in self.accounts.values():
            acc.setRegistration(False)
        self.poll(1)
        self.accounts.clear()
        self.ep.libDestroy()
        self.watch.close()
        self.mqtt.close()
