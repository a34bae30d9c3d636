"""The configuration as its writer meets it: what is taken, what is refused, and in which words."""

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge.config.load import host_id, load_config
from bridge.config.settings import Config, HeadsetMode
from bridge.model.bus import MqttVersion, Numbers
from bridge.model.engine import Srtp, Transport
from bridge.model.engine_limits import PJSUA2
from bridge.model.errors import ConfigError, Problem
from bridge.model.sound import SoundBackend

ENV = {"HOME": "/nonexistent", "XDG_RUNTIME_DIR": "/run/user/7"}
SECRET = "correct horse"

Load = Callable[..., Config]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Load a text as ``config.yaml``, with drop-ins given by name."""

    def run(text: str, env: dict[str, str] | None = None, **drop_ins: str) -> Config:
        file = tmp_path / "config.yaml"
        file.write_text(text)
        file.chmod(0o600)
        (tmp_path / "config.d").mkdir(exist_ok=True)
        for name, content in drop_ins.items():
            (tmp_path / "config.d" / f"{name}.yaml").write_text(content)
            (tmp_path / "config.d" / f"{name}.yaml").chmod(0o600)
        return load_config(file, ENV | (env or {}))

    return run


def problems(load: Load, text: str, **drop_ins: str) -> list[str]:
    """Return the problems of a text as ``line: path: found X, expected Y``."""
    with pytest.raises(ConfigError) as caught:
        load(text, **drop_ins)
    return [words(problem) for problem in caught.value.problems]


def words(problem: Problem) -> str:
    file = Path(problem.file).name
    where = problem.line if file == "config.yaml" else f"{file}:{problem.line}"
    return f"{where}: {problem.path}: found {problem.found}, expected {problem.expected}"


# -- sane without any file ----------------------------------------------------


def test_without_any_file_everything_has_its_default_and_one_sentence_says_what_is_missing() -> (
    None
):
    config = load_config(None, ENV)
    assert config.accounts == ()
    assert config.engine.bind_address == "127.0.0.1"
    assert config.mqtt.is_private
    assert config.control_socket == Path("/run/user/7/offhook/control.sock")
    assert config.state_dir == Path("/nonexistent/.local/state/offhook")
    assert [w.partition(":")[0] for w in config.warnings] == ["no account configured"]


@pytest.mark.parametrize("text", ["", "# nothing\n", "sip:\nmqtt:\nlog:\naccounts:\n"])
def test_a_file_with_nothing_in_it_is_like_no_file(load: Load, text: str) -> None:
    assert load(text).engine == load_config(None, ENV).engine


def test_a_users_file_wins_over_drop_ins_of_nobody(tmp_path: Path) -> None:
    (tmp_path / "offhook").mkdir()
    (tmp_path / "offhook" / "config.yaml").write_text("bridge: {id: mine}\n")
    config = load_config(None, ENV | {"XDG_CONFIG_HOME": str(tmp_path)})
    assert config.bridge == "mine"
    assert config.files == (str(tmp_path / "offhook" / "config.yaml"),)


def test_drop_ins_count_without_a_main_file(tmp_path: Path) -> None:
    (tmp_path / "offhook" / "config.d").mkdir(parents=True)
    (tmp_path / "offhook" / "config.d" / "1.yaml").write_text("bridge: {id: mine}\n")
    assert load_config(None, ENV | {"XDG_CONFIG_HOME": str(tmp_path)}).bridge == "mine"


def test_a_file_that_was_named_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nix\.yaml:0: \(file\): found no such file"):
        load_config(tmp_path / "nix.yaml", ENV)


# -- what is taken ------------------------------------------------------------


def test_the_line_of_a_user_with_a_headset_and_a_pbx_account(load: Load, tmp_path: Path) -> None:
    (tmp_path / "password").write_text(SECRET + "\n")
    (tmp_path / "password").chmod(0o600)
    config = load("account:\n  server: pbx.example.org\n  user: 0301\n  password_file: password\n")
    (account,) = config.accounts
    assert (account.account, account.server, account.user) == ("line-1", "pbx.example.org", "0301")
    assert account.password == SECRET
    assert (account.transport, account.srtp) == (Transport.UDP, Srtp.OFF)
    assert config.engine.bind_address == "0.0.0.0"
    assert config.warnings == ()


def test_every_key_arrives_where_the_daemon_looks_for_it(load: Load, tmp_path: Path) -> None:
    for name in ("ca.pem", "cert.pem", "key.pem"):
        (tmp_path / name).write_text("")
    config = load(
        f"""
bridge: {{id: desk-7}}
accounts:
  - id: work
    server: pbx.example.org:5070
    user: anna
    auth_user: anna-auth
    domain: example.org
    display_name: Anna
    password: {SECRET}
    transport: tls
    srtp: mandatory
    expires: 60
    allow_from: [192.0.2.0/24]
sip:
  bind: 192.0.2.7
  port: 5090
  rtp_ports: 30000-30099
  codecs: [pcma, G722]
  tls: {{verify: false, ca_file: ca.pem, cert_file: cert.pem, key_file: key.pem, port: 5099}}
audio: {{backend: alsa, microphone: mic, speaker: spk, ringer: ring, rate: 48000, keep_open: true}}
headset: {{mode: jabra, devices: {{poly-1: {{use: false}}}}}}
mqtt:
  broker: broker.example.org
  port: 8884
  user: u
  password: {SECRET}
  tls: true
  ca_file: ca.pem
  check_name: false
  version: "3.1.1"
  topic: phones
  client_id: c
  allow_dial: false
  keepalive: 20
control: {{socket: here.sock}}
log: {{level: debug}}
privacy: {{numbers: full}}
state_dir: state
"""
    )
    (account,) = config.accounts
    sound, mqtt = config.engine.sound, config.mqtt
    assert (account.account, account.server, account.domain) == (
        "work",
        "pbx.example.org:5070",
        "example.org",
    )
    assert (account.user, account.auth_user, account.display_name) == ("anna", "anna-auth", "Anna")
    assert (account.password, account.expires_s) == (SECRET, 60)
    assert (account.transport, account.srtp) == (Transport.TLS, Srtp.MANDATORY)
    assert account.allow_from == ("192.0.2.0/24",)
    assert (config.engine.bind_address, config.engine.port) == ("192.0.2.7", 5090)
    assert (config.engine.rtp_first, config.engine.rtp_count) == (30000, 100)
    assert config.engine.codecs == ("PCMA", "G722")
    assert config.engine.tls.ca_file == str(tmp_path / "ca.pem")
    assert config.engine.tls.cert_file == str(tmp_path / "cert.pem")
    assert config.engine.tls.key_file == str(tmp_path / "key.pem")
    assert (config.engine.tls.verify, config.engine.tls.port) == (False, 5099)
    assert (sound.backend, sound.rate_hz, sound.keep_open) == (SoundBackend.ALSA, 48000, True)
    assert (sound.microphone, sound.speaker, sound.ringer) == ("mic", "spk", "ring")
    assert config.headset.mode is HeadsetMode.JABRA
    assert config.headset.ignore == frozenset({"poly-1"})
    assert mqtt.tls is not None
    assert (mqtt.tls.ca_file, mqtt.tls.check_name) == (str(tmp_path / "ca.pem"), False)
    assert (mqtt.host, mqtt.port, mqtt.username, mqtt.password) == (
        "broker.example.org",
        8884,
        "u",
        SECRET,
    )
    assert (mqtt.version, mqtt.root, mqtt.client_id) == (MqttVersion.V311, "phones", "c")
    assert (mqtt.allow_dial, mqtt.keepalive_s, mqtt.bridge) == (False, 20, "desk-7")
    assert mqtt.numbers is Numbers.FULL
    assert (config.control_socket, config.state_dir) == (
        tmp_path / "here.sock",
        tmp_path / "state",
    )
    assert config.log_level == "debug"


@pytest.mark.parametrize("text", ["mqtt: off", "mqtt: {broker: off}"])
def test_mqtt_can_be_switched_off(load: Load, text: str) -> None:
    assert load(text).mqtt.enabled is False


@pytest.mark.parametrize("written", ["0301", "201", "1e10", '"0301"', "0x1F", "1.50"])
def test_a_number_where_a_text_is_wanted_is_taken_as_written(load: Load, written: str) -> None:
    config = load(f"account: {{server: pbx, user: {written}, password: {written}}}")
    assert config.accounts[0].user == written.strip('"')
    assert config.accounts[0].password == written.strip('"')


@pytest.mark.parametrize(
    ("account", "address"),
    [
        ("{server: pbx.example.org, user: a}", "0.0.0.0"),
        ("{server: 127.0.0.1, user: a}", "127.0.0.1"),
        ("{server: 'localhost:5080', user: a}", "127.0.0.1"),
        ("{register: false, user: a}", "0.0.0.0"),
    ],
)
def test_the_engine_listens_on_this_machine_only_as_long_as_that_is_enough(
    load: Load, account: str, address: str
) -> None:
    assert load(f"account: {account}").engine.bind_address == address


@pytest.mark.parametrize(
    ("account", "port"),
    [("{register: false, user: a}", 5060), ("{server: pbx, user: a}", 0)],
)
def test_a_peer_without_a_pbx_is_found_at_the_port_everybody_knows(
    load: Load, account: str, port: int
) -> None:
    assert load(f"account: {account}").engine.port == port


def test_lines_are_counted_in_their_order(load: Load) -> None:
    text = "account: {server: a, user: a}\naccounts: [{server: b, user: b}, {server: c, user: c}]"
    assert [a.account for a in load(text).accounts] == ["line-1", "line-2", "line-3"]


@pytest.mark.parametrize(
    ("name", "bridge"),
    [
        ("vm", "vm"),
        ("Anna_PC.example.org", "anna-pc"),
        ("-", "desk"),
        ("", "desk"),
        ("x" * 60, "x" * 32),
    ],
)
def test_the_bridge_is_called_like_the_computer(name: str, bridge: str) -> None:
    assert host_id(name) == bridge


# -- drop-ins -----------------------------------------------------------------


def test_drop_ins_are_merged_in_the_order_of_their_names(load: Load) -> None:
    config = load(
        "log: {level: debug}\nsip: {port: 1111, rtp_ports: 30000-30099}\n",
        **{"20-b": "sip: {port: 3333}", "10-a": "sip: {port: 2222}\nlog:\n"},
    )
    assert (config.engine.port, config.engine.rtp_first, config.log_level) == (3333, 30000, "debug")


def test_drop_ins_add_accounts_and_complete_those_of_the_same_id(load: Load) -> None:
    config = load(
        "accounts: [{id: work, server: a, user: anna}]",
        **{"10-more": "accounts: [{server: b, user: bob}, {id: work, transport: tcp}]"},
    )
    assert [(a.account, a.user, a.transport.value) for a in config.accounts] == [
        ("work", "anna", "tcp"),
        ("line-2", "bob", "udp"),
    ]


def test_other_lists_are_replaced_as_a_whole(load: Load) -> None:
    assert load("sip: {codecs: [PCMA]}", a="sip: {codecs: [PCMU]}").engine.codecs == ("PCMU",)


def test_a_problem_names_the_drop_in_it_stands_in(load: Load) -> None:
    found = problems(load, "sip: {port: 1}\n", **{"10-a": "\nsip: {port: 70000}\n"})
    assert found == ["10-a.yaml:2: sip.port: found 70000, expected 65535 or less"]


def test_a_value_that_replaces_another_is_judged_alone(load: Load) -> None:
    assert load("sip: {port: 70000}", a="sip: {port: 7}").engine.port == 7


def test_a_drop_in_with_another_ending_is_mentioned(load: Load, tmp_path: Path) -> None:
    load("")
    (tmp_path / "config.d" / "x.yml").write_text("log: {level: debug}")
    config = load("")
    assert config.log_level == "info"
    assert any("x.yml is not read: names of drop-ins end in .yaml" in w for w in config.warnings)


# -- what is refused ----------------------------------------------------------

ACCOUNT = "account: {server: pbx, user: a, "

REFUSED = {
    "acount: {}": "1: acount: found an unknown key, expected account (did you mean that?)",
    "zzz: 1": "1: zzz: found an unknown key, expected one of account, accounts, audio",
    "sip:\n  prot: 5": "2: sip.prot: found an unknown key, expected port (did you mean that?)",
    "log: loud": '1: log: found "loud", expected settings, `key: value`',
    "log: {level: loud}": '1: log.level: found "loud", expected debug, info, warning or error',
    "sip: {port: x}": '1: sip.port: found "x", expected a whole number',
    "sip: {port: true}": "1: sip.port: found true, expected a whole number",
    "sip: {tls: {verify: yes}}": '1: sip.tls.verify: found "yes", expected true or false',
    "accounts: {server: x}": "1: accounts: found no list, expected a list of accounts",
    "account: {server: pbx}": "1: account.user: found nothing, expected this key: User part",
    "accounts: [5]": "1: accounts[0]: found 5, expected settings",
    "account: {user: a}": "1: account.server: found nothing, expected host name or address of the",
    "account: {server: pbx, user: ''}": '1: account.user: found "", expected at least 1 characters',
    "account: {server: pbx, user: a@b}": "1: account.user: found",
    "account: {server: pbx, user: true}": "1: account.user: found true, expected text",
    "account: {server: 'sip:pbx', user: a}": '1: account.server: found "sip:pbx", expected a host',
    "account: {server: 'pbx:0', user: a}": '1: account.server: found "pbx:0", expected a host',
    "account: {server: '::1', user: a}": '1: account.server: found "::1", expected an IPv4 '
    "address: the SIP engine is built without IPv6",
    "account: {server: pbx, user: a, register: false}": "1: account.server: found",
    ACCOUNT + "domain: 'a b'}": '1: account.domain: found "a b", expected a host name',
    ACCOUNT + "expires: 29}": "1: account.expires: found 29, expected 30 or more",
    ACCOUNT + "allow_from: [x]}": '1: account.allow_from[0]: found "x", expected an IPv4 address',
    ACCOUNT + "allow_from: ['::/0']}": "1: account.allow_from[0]: found",
    ACCOUNT + "id: Work}": '1: account.id: found "Work", expected 1 to 32 small letters',
    ACCOUNT + 'display_name: "a\\r\\nb"}': "1: account.display_name: found a control character",
    ACCOUNT + "srtp: dtls}": '1: account.srtp: found "dtls", expected off, optional or mandatory: '
    "the SIP engine is built without DTLS-SRTP",
    ACCOUNT + "transport: tls1.3}": "1: account.transport: found",
    "sip: {codecs: [opus]}": '1: sip.codecs[0]: found "opus", expected G722 or PCMA or PCMU: '
    "the SIP engine is built without Opus",
    "sip: {codecs: []}": "1: sip.codecs: found a list, expected at least 1 entries",
    "sip: {bind: '::'}": "1: sip.bind: found",
    "sip: {bind: eth0}": '1: sip.bind: found "eth0", expected auto, or an IPv4 address',
    "sip: {rtp_ports: 20000-20010}": '1: sip.rtp_ports: found "20000-20010", expected 16 ports',
    "sip: {rtp_ports: 30000-20000}": "1: sip.rtp_ports: found",
    "sip: {rtp_ports: 60000-70000}": "1: sip.rtp_ports: found",
    "sip: {rtp_ports: 1024}": "1: sip.rtp_ports: found 1024, expected two ports such as",
    "sip: {ice: true}": "1: sip.ice: found a setting that cannot be followed, expected it left out",
    "sip: {stun_server: x}": "1: sip.stun_server: found a setting that cannot be followed",
    "sip: {tls: {cert_file: /nix}}": "1: sip.tls.key_file: found nothing, expected cert_file and",
    "sip: {tls: {ca_file: /nix}}": '1: sip.tls.ca_file: found "/nix", expected a file at /nix',
    "audio: {echo_canceller: true}": "1: audio.echo_canceller: found a setting that cannot be",
    "audio: {rate: 44100}": "1: audio.rate: found 44100, expected 8000, 16000, 32000 or 48000",
    "mqtt: false": "1: mqtt: found false, expected settings",
    "mqtt: {broker: 'h:1883'}": '1: mqtt.broker: found "h:1883", expected a host name or address',
    "mqtt: {port: 1883}": "1: mqtt.port: found a setting of a broker, expected `broker: HOST`",
    "mqtt: {broker: h, socket: /x}": "1: mqtt.socket: found",
    "mqtt: {broker: h, ca_file: /nix}": "1: mqtt.ca_file: found a setting of TLS, expected `tls:",
    "mqtt: {broker: h, password: x}": "1: mqtt.user: found nothing, expected the user name",
    "mqtt: {topic: a/b}": '1: mqtt.topic: found "a/b", expected 1 to 32 letters',
    "headset: {mode: Jabra}": '1: headset.mode: found "Jabra", expected jabra, generic or off',
    "headset: {devices: {'A B': {use: true}}}": "1: headset.devices.A B: found",
    "headset: {devices: {x: {usee: true}}}": "1: headset.devices.x.usee: found an unknown key, "
    "expected use",
    "state_dir: 5": "1: state_dir: found no path, expected the path of a directory",
    f"control: {{socket: /{'x' * 108}}}": "1: control.socket: found",
    "- a": "1: (file): found a list, expected settings",
    "a: [": "1: (syntax): found",
    "log: {level: info}\nlog: {level: debug}": "2: log: found the key a second time",
}


@pytest.mark.parametrize("text", REFUSED)
def test_what_cannot_be_is_refused_with_its_place(load: Load, text: str) -> None:
    found = problems(load, text)
    assert any(problem.startswith(REFUSED[text]) for problem in found), found
    assert all(problem.isprintable() for problem in found)


def test_everything_that_is_wrong_is_said_at_once_in_the_order_of_the_file(load: Load) -> None:
    found = problems(
        load,
        """\
acount: {}
account:
  server: "::1"
  usr: a
  transport: quic
sip:
  port: 99999
  codecs: [opus]
  bind: eth0
mqtt: {port: 1, keepalive: 0}
log: {level: 1}
""",
        **{"10-x": "bridge: {id: 'A'}"},
    )
    assert [problem.partition(": found")[0] for problem in found] == [
        "10-x.yaml:1: bridge.id",
        "1: acount",
        "2: account.user",
        "3: account.server",
        "4: account.usr",
        "5: account.transport",
        "7: sip.port",
        "8: sip.codecs[0]",
        "9: sip.bind",
        "10: mqtt.keepalive",
        "10: mqtt.port",
        "11: log.level",
    ]


def test_syntax_errors_of_several_files_are_said_together(load: Load) -> None:
    found = problems(load, "a: [", **{"10-x": "b: {"})
    assert [problem.partition(":")[0] for problem in found] == ["1", "10-x.yaml"]


def test_a_ninth_account_is_refused_because_the_engine_has_eight(load: Load) -> None:
    entries = "".join(f"  - {{server: pbx, user: u{n}}}\n" for n in range(9))
    (said,) = problems(load, "accounts:\n" + entries)
    assert said.startswith(
        "10: accounts[8]: found more than 8 accounts, expected 8 at most: the SIP"
    )
    assert PJSUA2.max_accounts == 8


def test_two_accounts_of_one_name_are_refused(load: Load) -> None:
    text = "accounts:\n- {server: a, user: a, id: line-2}\n- {server: b, user: b}\n"
    assert problems(load, text) == [
        '3: accounts[1].id: found "line-2", expected another id: two accounts cannot share one'
    ]


@pytest.mark.parametrize(
    ("text", "warning"),
    [
        (ACCOUNT + "srtp: optional}", "keys of srtp travel readable without transport tls"),
        ("account: {user: a, register: false}", "everybody who reaches this machine can ring it"),
        (ACCOUNT + "transport: tls}\nsip: {tls: {verify: false}}", "can pose as the PBX"),
        ("mqtt: {broker: h.example.org, user: u, password: p}", "travels readable; set mqtt.tls"),
    ],
)
def test_what_may_not_be_meant_is_said_but_allowed(load: Load, text: str, warning: str) -> None:
    assert any(warning in said for said in load(text).warnings)


# -- files that are no files --------------------------------------------------


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"a: \xff\n", r"a byte in line 1 that is no UTF-8"),
        (b"#" * (256 * 1024 + 1), r"more than 262144 bytes"),
        (b"a: \x00\n", r"control character"),
    ],
)
def test_a_file_that_is_no_text_is_refused(tmp_path: Path, content: bytes, reason: str) -> None:
    file = tmp_path / "config.yaml"
    file.write_bytes(content)
    with pytest.raises(ConfigError, match=reason):
        load_config(file, ENV)


@pytest.mark.parametrize("kind", ["directory", "fifo"])
def test_what_is_no_regular_file_is_refused_and_does_not_hang(tmp_path: Path, kind: str) -> None:
    file = tmp_path / "config.yaml"
    file.mkdir() if kind == "directory" else os.mkfifo(file)
    with pytest.raises(ConfigError, match=r"found (no regular file|is a directory)"):
        load_config(file, ENV)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.recursive(
        st.sampled_from(["off", "1", "true", "null", "''", "pbx", "::1", "1e400", "-1"]),
        lambda inner: st.one_of(
            st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]"),
            st.dictionaries(
                st.sampled_from(
                    [
                        "account",
                        "accounts",
                        "sip",
                        "mqtt",
                        "tls",
                        "server",
                        "user",
                        "port",
                        "id",
                        "devices",
                        "headset",
                        "codecs",
                        "broker",
                        "password",
                        "nix",
                        "register",
                    ]
                ),
                inner,
                max_size=4,
            ).map(lambda d: "{" + ", ".join(f"{k}: {v}" for k, v in d.items()) + "}"),
        ),
        max_leaves=12,
    )
)
def test_no_file_makes_the_loader_fail_in_another_way(tmp_path: Path, text: str) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(text)
    file.chmod(0o600)
    said = outcome(file)
    assert all(re.search(r": found .+, expected .+", line) for line in said.splitlines())


def outcome(file: Path) -> str:
    """Return the problems of a file, empty for a good one."""
    try:
        load_config(file, ENV)
    except ConfigError as error:
        return str(error)
    return ""
