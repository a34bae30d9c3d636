"""What the configuration refuses, each with its place, and files that are no files."""

import os
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge.config.load import load_config
from bridge.model.engine_limits import MAX_ENGINES, PJSUA2
from bridge.model.errors import ConfigError
from tests.config.loading import ENV, Load, problems

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
    "headset: {mode: Jabra}": '1: headset.mode: found "Jabra", expected auto, jabra, '
    "generic or off",
    "headset: {prefer: ['A B']}": '1: headset.prefer[0]: found "A B", expected a device id',
    "headset: {keys: {hook: redial}}": "1: headset.keys.hook: found",
    "headset: {keys: {speed_dial: dance}}": '1: headset.keys.speed_dial: found "dance", '
    "expected dial NUMBER, dtmf DIGITS, answer, ",
    "headset: {keys: {speed_dial: dial}}": '1: headset.keys.speed_dial: found "dial", ',
    "headset: {keys: {speed_dial: dtmf 12x}}": "1: headset.keys.speed_dial: found",
    "headset: {keys: {speed_dial: hangup now}}": "1: headset.keys.speed_dial: found",
    "headset: {keypad: dial}": '1: headset.keypad: found "dial", expected key or pause',
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


def test_more_accounts_than_all_engines_can_have_are_refused(load: Load) -> None:
    most = PJSUA2.max_accounts * MAX_ENGINES
    entries = "".join(f"  - {{server: pbx, user: u{n}}}\n" for n in range(most + 1))
    (said,) = problems(load, "accounts:\n" + entries)
    assert said.startswith(
        f"{most + 2}: accounts[{most}]: found more than {most} accounts, expected {most} at most"
    )


def test_many_accounts_need_ports_for_each_engine(load: Load) -> None:
    entries = "".join(f"  - {{server: pbx, user: u{n}}}\n" for n in range(17))
    (said,) = problems(load, "sip: {rtp_ports: 20000-20031}\naccounts:\n" + entries)
    assert said.startswith('1: sip.rtp_ports: found "20000-20031", expected 48 ports or more')


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
