"""The configuration as its writer meets it: what is taken, what is refused, and in which words."""

from pathlib import Path

import pytest

from bridge.config.load import host_id, load_config
from bridge.model.bus import MqttVersion, Numbers
from bridge.model.engine import Srtp, Transport
from bridge.model.errors import ConfigError
from bridge.model.habits import HeadsetMode
from bridge.model.sound import SoundBackend
from tests.config.loading import ENV, SECRET, Load, problems

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
