"""From validated sections to the settings of the model. No checks here: all is right by now."""

from ipaddress import ip_address
from pathlib import Path

from bridge.config import schema
from bridge.config.account_schema import Account
from bridge.config.audio_schema import Audio
from bridge.config.home_schema import HomeAssistant
from bridge.config.keys import key_intent
from bridge.config.meaning import rtp_range
from bridge.config.settings import HeadsetSettings
from bridge.config.sources import Tree
from bridge.model import bus, engine
from bridge.model.engine import (
    AccountSettings,
    EngineSettings,
    RecordingSettings,
    Srtp,
    Transport,
)
from bridge.model.forwarding import Profile
from bridge.model.habits import Habits, HeadsetMode, Intercom, LineHabits, RingOn, WhenForeign
from bridge.model.hid import Control
from bridge.model.ids import AccountId, DeviceId
from bridge.model.numbers import NumberRules
from bridge.model.sound import (
    NO_TONE,
    TONE,
    EchoCancel,
    RingAt,
    Ringtones,
    SoundBackend,
    SoundSettings,
    Volumes,
    factor_of,
)
from bridge.yamldoc import Path as DocPath

LOOPBACK = "127.0.0.1"
EVERYWHERE = "0.0.0.0"  # noqa: S104  # a phone is reachable; the engine answers its PBX only
RECORDINGS = "recordings"  # in the state directory
SIP_PORT = 5060  # RFC 3261; callers without a PBX expect us there


def account_settings(
    account: Account, name: str, password: str, emergency: frozenset[str]
) -> AccountSettings:
    """Return one line.

    Args:
        account: as configured.
        name: its id, also where none is configured.
        password: resolved.
        emergency: numbers that nobody else may make us call.
    """
    return AccountSettings(
        account=AccountId(name),
        user=account.user,
        server=account.server or "",
        domain=account.domain or "",
        display_name=account.display_name or "",
        auth_user=account.auth_user or "",
        password=password,
        transport=Transport(account.transport),
        srtp=Srtp(account.srtp),
        expires_s=account.expires,
        allow_from=tuple(account.allow_from),
        mailbox=account.mailbox,
        fallback=account.fallback or "",
        transfers=account.transfers,
        dtmf=engine.Dtmf(account.dtmf),
        identity=engine.ShowIdentity(account.caller_id_in),
        emergency=tuple(sorted(emergency)),
        publishes=account.publish,
    )


def engine_settings(
    sip: schema.Sip,
    sound: SoundSettings,
    recording: RecordingSettings,
    accounts: tuple[AccountSettings, ...],
    tree: Tree,
) -> EngineSettings:
    """Return what holds for all lines."""
    first, last = rtp_range(sip.rtp_ports)
    is_peer = any(not account.server for account in accounts)
    return EngineSettings(
        bind_address=bind_address(accounts) if sip.bind == "auto" else sip.bind,
        port=sip.port if sip.port is not None else SIP_PORT if is_peer else 0,
        rtp_first=first,
        rtp_count=last - first + 1,
        codecs=tuple(dict.fromkeys(codec.upper() for codec in sip.codecs)),
        tls=_sip_tls(sip.tls, tree),
        sound=sound,
        recording=recording,
    )


def bind_address(accounts: tuple[AccountSettings, ...]) -> str:
    """Return where to listen unless configured: this machine only, as long as that is enough.

    Not the one address that leads to the PBX now: a notebook that changes networks would have to
    start its engine anew.
    """
    near = all(account.server and _is_loopback(account.server) for account in accounts)
    return LOOPBACK if near else EVERYWHERE


def _is_loopback(server: str) -> bool:
    host = server.partition(":")[0]
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _sip_tls(tls: schema.SipTls, tree: Tree) -> engine.TlsSettings:
    base: DocPath = ("sip", "tls")
    return engine.TlsSettings(
        verify=tls.verify,
        ca_file=_file(tree, (*base, "ca_file"), tls.ca_file),
        cert_file=_file(tree, (*base, "cert_file"), tls.cert_file),
        key_file=_file(tree, (*base, "key_file"), tls.key_file),
        port=tls.port,
    )


def sound_settings(audio: Audio, tree: Tree) -> SoundSettings:
    """Return the sound devices and tones."""
    tones = audio.ringtones
    base: DocPath = ("audio", "ringtones")
    return SoundSettings(
        backend=SoundBackend(audio.backend),
        microphone=audio.microphone or "",
        speaker=audio.speaker or "",
        ringer=audio.ringer or "",
        echo_cancel=EchoCancel(audio.echo_cancel),
        noise_suppression=audio.noise_suppression,
        ring_at=RingAt(audio.ring_at),
        rate_hz=audio.rate,
        keep_open=audio.keep_open,
        hold_music=_tone(tree, ("audio", "hold_music"), audio.hold_music),
        ringtones=Ringtones(
            _tone(tree, (*base, "external"), tones.external),
            _tone(tree, (*base, "internal"), tones.internal),
            _tone(tree, (*base, "waiting"), tones.waiting),
        ),
        volumes=Volumes(
            factor_of(audio.volume.microphone),
            factor_of(audio.volume.speaker),
            factor_of(audio.volume.ringer),
        ),
        key_tones=audio.key_tones,
    )


def _tone(tree: Tree, path: DocPath, text: str) -> str:
    return text if text in (TONE, NO_TONE) else _file(tree, path, text)


def recording_settings(
    recording: schema.Recording, state_dir: Path, tree: Tree
) -> RecordingSettings:
    """Return where recorded calls go."""
    chosen = _file(tree, ("recording", "directory"), recording.directory)
    return RecordingSettings(chosen or str(state_dir / RECORDINGS), recording.tone)


def habits(
    headset: schema.Headset,
    calls: schema.Calls,
    numbers: NumberRules,
    audio: Audio,
    lines: tuple[LineHabits, ...] = (),
    profiles: tuple[Profile, ...] = (),
    *,
    has_pbx: bool = False,
) -> Habits:
    """Return what the core decides by."""
    keys = ((Control(key), key_intent(text)) for key, text in headset.keys.items())
    return Habits(
        call_waiting=calls.waiting,
        answer_locked=calls.answer_locked,
        prefer=tuple(DeviceId(name) for name in headset.prefer),
        ring_on=RingOn(headset.ring),
        when_foreign=WhenForeign(headset.foreign_call),
        keys=tuple((key, intent) for key, intent in keys if intent is not None),
        dial_after_pause=headset.keypad == "pause",
        numbers=numbers,
        intercom=Intercom(calls.intercom),
        lines=lines,
        endpoints=tuple(calls.endpoints.items()),
        sound_follows=audio.follow,
        profiles=profiles,
        has_pbx=has_pbx,
    )


def line_habits(account: Account, name: str) -> LineHabits:
    """Return how one line behaves.

    Args:
        account: as configured.
        name: of the line.
    """
    return LineHabits(
        AccountId(name),
        voicemail=account.voicemail or "",
        identity=account.caller_id or "",
        pull=account.pull or "",
        record=account.record or "",
        stop_recording=account.stop_recording or "",
    )


def headset_settings(headset: schema.Headset) -> HeadsetSettings:
    """Return what becomes of keys and lamps."""
    return HeadsetSettings(
        mode=HeadsetMode(headset.mode),
        modes={
            DeviceId(name): HeadsetMode(device.mode)
            for name, device in headset.devices.items()
            if device.mode is not None
        },
        ignore=frozenset(
            DeviceId(name) for name, device in headset.devices.items() if not device.use
        ),
    )


def mqtt_settings(
    mqtt: schema.Mqtt, privacy: schema.Privacy, bridge: str, password: str, tree: Tree
) -> bus.MqttSettings:
    """Return broker and topics.

    Args:
        mqtt: as configured.
        privacy: how much of a number may be seen.
        bridge: id of this bridge.
        password: resolved.
        tree: the files, for paths beside them.
    """
    base: DocPath = ("mqtt",)
    return bus.MqttSettings(
        enabled=mqtt.broker != "off",
        bridge=bridge,
        root=mqtt.topic,
        host="" if mqtt.broker in (None, "off", "private") else mqtt.broker or "",
        port=mqtt.port or 0,
        socket=_file(tree, (*base, "socket"), mqtt.socket),
        username=mqtt.user or "",
        password=password,
        tls=_mqtt_tls(mqtt, tree) if mqtt.tls else None,
        version=bus.MqttVersion(mqtt.version),
        client_id=mqtt.client_id or "",
        numbers=bus.Numbers(privacy.numbers),
        allow_dial=mqtt.allow_dial,
        private_port=mqtt.private_port,
        keepalive_s=mqtt.keepalive,
    )


def home_settings(home: HomeAssistant) -> bus.HomeSettings:
    """Return what Home Assistant sees and may do."""
    return bus.HomeSettings(home.discovery, home.prefix, home.commands, tuple(home.keys))


def _mqtt_tls(mqtt: schema.Mqtt, tree: Tree) -> bus.TlsSettings:
    base: DocPath = ("mqtt",)
    return bus.TlsSettings(
        ca_file=_file(tree, (*base, "ca_file"), mqtt.ca_file),
        certificate=_file(tree, (*base, "cert_file"), mqtt.cert_file),
        key=_file(tree, (*base, "key_file"), mqtt.key_file),
        check_name=mqtt.check_name,
    )


def _file(tree: Tree, path: DocPath, name: str | None) -> str:
    return str(tree.beside(path, name)) if name else ""
