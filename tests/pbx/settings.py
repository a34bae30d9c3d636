"""What one instance of the test PBX is told, and the files made from that."""

import dataclasses
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SNIPPET = ROOT / "bridge" / "gateway" / "kamailio" / "offhook.cfg"
SCHEMA_DIRECTORY = Path("/usr/share/kamailio/db_sqlite")
STATE_PATH_MAX = 80  # Unix socket names end at 108 bytes
PORTS = 220  # ports of one instance, from the base on
KEEPALIVE_MIN_S = 30  # a limit of Kamailio's dialog module


class PbxError(Exception):
    """The PBX cannot be started like this, or did not start; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One instance; ports are counted from the base (table in README.md).

    Args:
        port_base: first of ``PORTS`` ports.
        state: directory for everything that is written.
        first, last: range of extensions within one hundred.
        secret: the password of 200 is this prefix and "200".
        prefix: first level of the MQTT topics.
        keepalive_s: seconds between OPTIONS inside a call, 0 for none.
        lamps: who publishes dialog state, "publish" (the script) or "pua_dialoginfo".
    """

    port_base: int
    state: str
    bind: str = "127.0.0.1"
    domain: str = "127.0.0.1"
    realm: str = "pbx.test"
    first: int = 200
    last: int = 209
    secret: str = "secret-"
    prefix: str = "pbx"
    keepalive_s: int = KEEPALIVE_MIN_S
    lamps: str = "publish"
    with_tls: bool = False
    with_media: bool = True
    with_mqtt: bool = True
    with_retain: bool = True
    debug: bool = False

    @property
    def sip_port(self) -> int:
        return self.port_base

    @property
    def tls_port(self) -> int:
        return self.port_base + 1

    @property
    def mqtt_port(self) -> int:
        return self.port_base + 2

    @property
    def mqtt_auth_port(self) -> int:
        return self.port_base + 3

    @property
    def mqtt_tls_port(self) -> int:
        return self.port_base + 4

    @property
    def media_port(self) -> int:
        return self.port_base + 5

    @property
    def relay_port(self) -> int:
        return self.port_base + 6

    @property
    def rtp_ports(self) -> tuple[int, int]:
        return self.port_base + 20, self.port_base + PORTS - 1

    @property
    def state_path(self) -> Path:
        return Path(self.state)

    def log(self, name: str) -> Path:
        return self.state_path / "log" / f"{name}.log"

    def password(self, user: str | int) -> str:
        """The password of an extension or of the account ``bridge``."""
        return f"{self.secret}{user}"

    def check(self) -> None:
        """Raise ``PbxError`` for what Kamailio would refuse less clearly."""
        first, last = self.first, self.last
        if not (100 <= first <= last <= 999 and first // 100 == last // 100):
            message = "extensions are a range like 200-209 within one hundred"
            raise PbxError(message)
        if first // 100 == 7:
            message = "700-799 are the park slots and media numbers"
            raise PbxError(message)
        if self.keepalive_s and self.keepalive_s < KEEPALIVE_MIN_S:
            message = f"the keepalive is 0 or at least {KEEPALIVE_MIN_S} s"
            raise PbxError(message)
        if len(self.state) > STATE_PATH_MAX or re.search(r"[\s!\"'%]", self.state):
            message = (
                f"the state directory needs a path of at most {STATE_PATH_MAX} characters "
                f"without blanks, quotes, '!' or '%': {self.state}"
            )
            raise PbxError(message)

    def save(self) -> None:
        text = json.dumps(dataclasses.asdict(self), indent=1)
        (self.state_path / "settings.json").write_text(text + "\n")

    @classmethod
    def saved(cls, state: Path) -> "Settings":
        """The settings of the instance in that directory."""
        path = state.resolve() / "settings.json"
        try:
            return cls(**json.loads(path.read_text()))
        except OSError as exc:
            message = f"no test PBX in {state} ({exc.strerror})"
            raise PbxError(message) from exc


def find(program: str) -> str:
    """The path of a program, also where daemons live."""
    path = shutil.which(program, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if not path:
        message = f"{program} is not installed (tests/pbx/README.md)"
        raise PbxError(message)
    return path


def write(path: Path, text: str, mode: int = 0o644) -> None:
    path.write_text(text)
    path.chmod(mode)


def prepare(cfg: Settings) -> None:
    """Write every file the instance reads; nothing is kept between runs."""
    cfg.check()
    for part in ("run", "log"):
        (cfg.state_path / part).mkdir(parents=True, exist_ok=True)
    make_database(cfg.state_path / "presence.sqlite")
    if cfg.with_tls:
        make_tls(cfg)
    write(cfg.state_path / "pbx-local.cfg", kamailio_definitions(cfg))
    shutil.copyfile(HERE / "kamailio.cfg", cfg.state_path / "kamailio.cfg")
    shutil.copyfile(SNIPPET, cfg.state_path / "offhook.cfg")
    if cfg.with_mqtt:
        make_broker(cfg)
    cfg.save()


def make_database(path: Path) -> None:
    """The presence module opens a database, though all its state is in memory."""
    path.unlink(missing_ok=True)
    connection = sqlite3.connect(path)
    for name in ("standard", "presence"):
        connection.executescript((SCHEMA_DIRECTORY / f"{name}-create.sql").read_text())
    connection.commit()
    connection.close()


def kamailio_definitions(cfg: Settings) -> str:
    """Everything in which two instances differ, as preprocessor lines."""
    values: dict[str, object] = {
        "PBX_SIP_PORT": cfg.sip_port,
        "PBX_TLS_PORT": cfg.tls_port,
        "PBX_MQTT_CLIENT_PORT": cfg.relay_port if cfg.with_retain else cfg.mqtt_port,
        "PBX_MEDIA_PORT": cfg.media_port,
        "PBX_IP": cfg.bind,
        "PBX_DOMAIN": cfg.domain,
        "PBX_REALM": cfg.realm,
        "PBX_STATE": cfg.state,
        "OFFHOOK_TOPIC_LEN": len(cfg.prefix) + 1,
        "OFFHOOK_TOPIC": cfg.prefix,
        "OFFHOOK_DOMAIN": cfg.domain,
        "OFFHOOK_HOST": f"{cfg.domain}:{cfg.sip_port}",
        "OFFHOOK_SELF": f"sip:{cfg.bind}:{cfg.sip_port}",
        "OFFHOOK_VOICEMAIL": "791",
        "PBX_PREFIX": cfg.prefix,
        "PBX_EXT_FIRST": cfg.first,
        "PBX_EXT_LAST": cfg.last,
        "PBX_EXT_RE": "(" + "|".join(map(str, range(cfg.first, cfg.last + 1))) + ")",
        "PBX_SECRET": cfg.secret,
        "PBX_KEEPALIVE": cfg.keepalive_s,
    }
    # longer names first: PBX_PREFIX_LEN must not be read as PBX_PREFIX
    names = sorted(values, key=len, reverse=True)
    lines = [f'#!substdef "!{name}!{values[name]}!g"' for name in names]
    switches = {
        "WITH_MQTT": cfg.with_mqtt,
        "WITH_TLS": cfg.with_tls,
        "WITH_MEDIA": cfg.with_media,
        "WITH_DEBUG": cfg.debug,
        "WITH_PUA_DIALOGINFO": cfg.lamps == "pua_dialoginfo",
    }
    lines += [f"#!define {name}" for name, is_on in switches.items() if is_on]
    return "\n".join(lines) + "\n"


def make_broker(cfg: Settings) -> None:
    text = (HERE / "mosquitto.conf").read_text()
    text = text.replace("#TLS# ", "" if cfg.with_tls else "# ")
    words = {
        "%MQTT_PORT%": cfg.mqtt_port,
        "%MQTT_AUTH_PORT%": cfg.mqtt_auth_port,
        "%MQTT_TLS_PORT%": cfg.mqtt_tls_port,
        "%IP%": cfg.bind,
        "%STATE%": cfg.state,
    }
    for word, value in words.items():
        text = text.replace(word, str(value))
    if os.geteuid() == 0:
        text += "\nuser root\n"  # the state directory may be private
    write(cfg.state_path / "mosquitto.conf", text)
    passwords = cfg.state_path / "mqtt.passwd"
    users = ("bridge", "viewer")
    write(passwords, "".join(f"{user}:{cfg.password(user)}\n" for user in users), 0o600)
    subprocess.run([find("mosquitto_passwd"), "-U", str(passwords)], check=True)
    write(
        cfg.state_path / "mqtt.acl",
        f"user bridge\ntopic readwrite {cfg.prefix}/#\ntopic readwrite offhook/#\n"
        "topic readwrite bridge/#\ntopic readwrite homeassistant/#\n\n"
        f"user viewer\ntopic read {cfg.prefix}/#\ntopic read offhook/#\n",
        0o600,
    )


def make_tls(cfg: Settings) -> None:
    """A certificate authority and a server certificate, once per state directory."""
    tls = cfg.state_path / "tls"
    tls.mkdir(exist_ok=True)
    if not (tls / "server.pem").exists():
        openssl(
            *("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "3650"),
            *("-subj", "/CN=Offhook test CA", "-keyout", tls / "ca.key", "-out", tls / "ca.pem"),
        )
        openssl(
            *("req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={cfg.realm}"),
            *("-keyout", tls / "server.key", "-out", tls / "server.csr"),
        )
        names = f"subjectAltName=DNS:{cfg.realm},DNS:localhost,IP:{cfg.bind}\n"
        write(tls / "san", names)
        openssl(
            *("x509", "-req", "-in", tls / "server.csr", "-CA", tls / "ca.pem"),
            *("-CAkey", tls / "ca.key", "-CAcreateserial", "-days", "3650"),
            *("-extfile", tls / "san", "-out", tls / "server.pem"),
        )
        for key in tls.glob("*.key"):
            key.chmod(0o644)  # mosquitto drops root before it reads the key
    common = "method = TLSv1.2+\nverify_certificate = no\nrequire_certificate = no\n"
    write(
        cfg.state_path / "tls.cfg",
        f"[server:default]\n{common}private_key = {tls}/server.key\n"
        f"certificate = {tls}/server.pem\n[client:default]\n{common}",
    )


def openssl(*arguments: str | Path) -> None:
    subprocess.run([find("openssl"), *arguments], check=True, capture_output=True)


def command_of(cfg: Settings, name: str) -> list[str] | None:
    """The command line of one part; None when this instance goes without it."""
    match name:
        case "mosquitto":
            if not cfg.with_mqtt:
                return None
            return [find("mosquitto"), "-c", f"{cfg.state}/mosquitto.conf"]
        case "retain":
            if not (cfg.with_mqtt and cfg.with_retain):
                return None
            return [
                *(sys.executable, "-B", "-m", "tests.pbx.retain_relay"),
                *("--listen", f"{cfg.bind}:{cfg.relay_port}"),
                *("--broker", f"{cfg.bind}:{cfg.mqtt_port}"),
                *("--retain", rf"{re.escape(cfg.prefix)}/(status$|ext/|lamp/|park/|queue/)"),
            ]
        case "media":
            if not cfg.with_media:
                return None
            first, last = cfg.rtp_ports
            return [
                *(sys.executable, "-B", "-m", "tests.pbx.media_endpoint", "--bind", cfg.bind),
                *("--port", str(cfg.media_port), "--rtp", f"{first}-{last}"),
            ]
        case "kamailio":
            # 256 MB shared, 16 MB private memory: 500 lamp subscriptions used 136 MB.
            return [
                *(find("kamailio"), "-DD", "-E", "-m", "256", "-M", "16"),
                *("-f", f"{cfg.state}/kamailio.cfg", "-Y", cfg.state, "-w", cfg.state),
            ]
    message = f"no part {name}"
    raise PbxError(message)
