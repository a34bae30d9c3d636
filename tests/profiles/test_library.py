"""Device profiles: the product's own, what is refused, and which one wins."""

from pathlib import Path

import pytest

from bridge.model.errors import ProfileError
from bridge.model.hid import Control, Lamp, Style
from bridge.profiles.library import (
    BUILT_IN,
    Identity,
    check_profiles,
    load_library,
    load_profile,
)
from bridge.profiles.model import GENERIC, Evidence, Kind, UsbId
from tests.hid_dumps import ALL, DUMPS
from tests.profiles.sample import GOOD, write

LIBRARY = load_library(dumps=DUMPS)

# -- the product's own --------------------------------------------------------


def test_the_profiles_of_the_product_are_without_problems() -> None:
    assert LIBRARY.problems == ()


def test_no_profile_claims_to_be_tried_on_hardware() -> None:
    assert [one.id for one in LIBRARY.profiles if one.proof.verified is Evidence.HARDWARE] == []


@pytest.mark.parametrize("name", sorted(n for n in ALL if "profile" in ALL[n].expected))
def test_every_dump_finds_its_profile(name: str) -> None:
    recording = ALL[name].recording
    choice = LIBRARY.choose(Identity(recording.vendor, recording.product, recording.name))
    assert choice.profile.id == ALL[name].expected["profile"]
    assert choice.why


@pytest.mark.parametrize(
    ("identity", "profile"),
    [
        (Identity(0x0B0E, 0x0307), "jabra-evolve-link"),
        (Identity(0x0B0E, 0xFFFF), "jabra"),
        (Identity(0x047F, 0xFFFF), "poly"),
        (Identity(0x6993, 0xFFFF), "yealink"),
        (Identity(0x1395, 0xFFFF), "epos"),
        (Identity(0x046D, 0xFFFF), "logitech"),
        (Identity(0x4242, 0x0001, "Gigaset ION Headset"), "gigaset-ion"),
        (Identity(0x4242, 0x0001, "Gigaset Desk"), "gigaset"),
        (Identity(0x4242, 0x0001, "Acme connection dongle"), "generic"),
        (Identity(0x047F, 0xFFFF, "Gigaset ION"), "poly"),
        (Identity(0x6993, 0xFFFF, "Yealink UH36 Dual"), "yealink-uh36"),
        (Identity(0x6993, 0xFFFF, "YealinkWDD60"), "yealink-wdd60"),
        (Identity(0x413C, 0xFFFF), "dell"),
        (Identity(0x291A, 0xFFFF, "Anker PowerConf S3"), "anker"),
        (Identity(0x291A, 0xFFFF, "Anker charger"), "generic"),
        (Identity(0x4242, 0x0001, "Somebody's headset"), "generic"),
    ],
)
def test_the_nearest_profile_wins(identity: Identity, profile: str) -> None:
    assert LIBRARY.choose(identity).profile.id == profile


# -- one file -----------------------------------------------------------------


def test_a_profile_says_all_this(tmp_path: Path) -> None:
    profile = load_profile(write(tmp_path, GOOD))
    assert profile.kind is Kind.HEADSET
    assert profile.match.usb == (UsbId(0x1209, 1), UsbId(0x1209, 2))
    assert [(one.control, one.report, one.bit, one.style) for one in profile.inputs] == [
        (Control.HOOK, 2, 0, Style.LEVEL),
        (Control.MUTE, None, None, Style.LEVEL),
    ]
    assert [(one.lamp, one.report, one.bit) for one in profile.outputs] == [(Lamp.OFF_HOOK, 4, 0)]
    assert profile.conduct.hold_clears_off_hook
    assert profile.conduct.reject_by_on_hook == 2
    assert profile.conduct.echo_s == pytest.approx(1.5)
    assert profile.conduct.mute_style is Style.LEVEL
    assert profile.lamps.mute == {Lamp.MICROPHONE}
    assert profile.lamps.on_line
    assert not profile.lamps.ringer
    assert profile.headsets == ("Duo", "Mono")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            '"1209:0001", "1209:0002"',
            "1209:0001",
            "7: match.usb[0]: found 1209:0001 without quotes",
        ),
        ('"1209:0001", "1209:0002"', '"1209:1"', "7: match.usb[0]: found 1209:1"),
        ('"1209:0001", "1209:0002"', '"1209:000A"', "7: match.usb[0]: found 1209:000A"),
        ('"1209:0001", "1209:0002"', '"1209:0002", "1209:0001"', "7: match.usb: found ids out of"),
        ('"1209:0001", "1209:0002"', '"1209:0001", "1209:0001"', "found 1209:0001 a second time"),
        ('usb: ["1209:0001", "1209:0002"]', "usb: {}", "7: match.usb: found a mapping"),
        ("decoder:", '  known_as: "1209:0003"\ndecoder:', "8: match.known_as: found 1209:0003"),
        ("decoder:", "  known_as: 1209:0001\ndecoder:", 'in quotes: "1209:0001"'),
        (
            "decoder:",
            '  known_as: "1209"\ndecoder:',
            "8: match.known_as: found 1209, expected an id",
        ),
        (
            ', "1209:0002"]',
            ']\n  known_as: "1209:0001"',
            "8: match.known_as: found 1209:0001, expected one of several ids in usb",
        ),
        ("kind: headset", "kind: headphone", "5: kind: found headphone, expected one of headset"),
        ("kind: headset", "kind:", "5: kind: found nothing"),
        ("kind: headset", "kind: family", "6: match: found usb ids in a family"),
        ("schema: 1", "schema: 2", "1: schema: found 2, expected 1"),
        ("schema: 1\n", "", "schema: found nothing, expected schema: 1"),
        ("id: acme-duo-100", "id: acme-duo", "2: id: found acme-duo in acme-duo-100.yaml"),
        ("id: acme-duo-100", "id: 100", "2: id: found 100"),
        ("vendor: Acme", "vendr: Acme", "3: vendr: found the unknown key vendr"),
        ("decoder: hid_telephony", "decoder: magic", "8: decoder: found magic, expected one of"),
        ("bit: 0, sends: level", "sends: level", "inputs.hook.bit: found nothing"),
        ("bit: 0, sends: level", "bit: -1", "10: inputs.hook.bit: found -1"),
        ("bit: 0, sends: level", "bit: true", "10: inputs.hook.bit: found true"),
        ("mute: {sends: level}", "mute: {report: 2, bit: 0}", "found bit 0 of report 2 twice"),
        ("mute: {sends: level}", "mute: {}", "11: inputs.mute.sends: found nothing"),
        ("mute: {sends: level}", "mute: {sends: up}", "expected one of level, pulse, toggle"),
        ("mute: {sends: level}", "buzz: {sends: level}", "11: inputs.buzz: found the unknown key"),
        ("off_hook: {report: 4, bit: 0}", "off_hook: {bit: 0}", "outputs.off_hook.report: found"),
        ("echo_s: 1.5", "echo_s: 99", "conduct.echo_s: found 99, expected seconds 0.1..10"),
        ("echo_s: 1.5", "echo_s: soon", "conduct.echo_s: found soon"),
        ("hold: clear_off_hook", "hold: both", "conduct.hold: found both"),
        ("on_line: true", "on_line: yes", "lamps.on_line: found yes, expected true or false"),
        ("mute: [microphone]", "mute: [hold]", "lamps.mute[0]: found hold"),
        ("verified: document", "verified: dump", "evidence.dumps: found nothing"),
        ("verified: document", "verified: family", "evidence.dumps: found nothing"),
        (
            "verified: document",
            "verified: dump\n  dumps: [1209-0001_duo-100.hid]",
            "evidence: found verified: dump, expected a dump of 1209:0002 among dumps",
        ),
        ('usb: ["1209:0001", "1209:0002"]', 'name: [x, "Duo"]', "7: match.name[0]: found x"),
        ("kind: headset", "kind: headset\npage: both", "6: page: found both, expected one of stan"),
        ("kind: headset", "kind: headset\npage: vendor", "found vendor, expected usage: for the"),
        ("mute: {sends: level}", "mute: {usage: [0B/2F]}", "found 0B/2F, expected a usage as"),
        ("mute: {sends: level}", "mute: {usage: 0b/2f}", "found 0b/2f, expected a list"),
        (
            "mute: {sends: level}",
            "mute: {report: 2, bit: 1, usage: [0b/2f]}",
            "inputs.mute.usage: found usages beside report and bit",
        ),
        (
            "mute: {sends: level}",
            "mute: {usage: [ffa0/b5]}\n  flash: {usage: [ffa0/b5]}",
            "inputs: found usage ffa0/b5 twice",
        ),
        ("off_hook: {report: 4, bit: 0}", "off_hook: {}", "off_hook.report: found nothing"),
        ("conduct:", "at_open: 5\nconduct:", "at_open: found 5, expected a list of mappings"),
        (
            "conduct:",
            "at_open: [{usage: [ff30/ffff]}]\nconduct:",
            "at_open[0].usage: found something else, expected {usage: [ff30/ffff], value: 0}",
        ),
        (
            "conduct:",
            "at_open: [{usage: [ff30/ffff], value: 256}]\nconduct:",
            "at_open[0].value: found 256, expected a whole number 0..255",
        ),
        ("echo_s: 1.5", "second_call: both", "conduct.second_call: found both, expected one of"),
        ("echo_s: 1.5", "acknowledges: never", "conduct.acknowledges: found never"),
        ("echo_s: 1.5", "duplicate_s: 1", "conduct.duplicate_s: found 1, expected seconds 0..0.5"),
        ("on_line: true", "hold: maybe", "lamps.hold: found maybe, expected true or false"),
        ("verified: document", "verified: guess", "evidence.verified: found guess"),
        ('firmware: ["1.4.2"]', "firmware: [1.10]", 'expected a version in quotes: "1.10"'),
        ("  sources: [acme.example, reports]\n", "", "evidence.sources: found nothing"),
        ("kind: headset", "kind: headset\nkind: dongle", "6: kind: found the key a second time"),
        ("kind: headset", "kind: [", "(syntax)"),
    ],
)
def test_each_mistake_is_found_with_its_line(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in GOOD
    path = write(tmp_path, GOOD.replace(old, new, 1))
    with pytest.raises(ProfileError) as caught:
        load_profile(path)
    assert said in str(caught.value)
    assert f"{path}:" in str(caught.value)


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    text = GOOD.replace("kind: headset", "kind: x").replace("echo_s: 1.5", "echo_s: -1")
    with pytest.raises(ProfileError) as caught:
        load_profile(write(tmp_path, text.replace("vendor: Acme", "vendor: [a]")))
    assert [one.line for one in caught.value.problems] == [3, 5, 17]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\xff\xfe", "bytes that are no UTF-8"),
        (b"", "schema: found nothing"),
        (b"- a list", "expected a mapping"),
        (b"x" * 70_000, "70000 bytes"),
    ],
)
def test_a_file_that_is_no_profile_is_one_sentence_or_more(
    tmp_path: Path, content: bytes, said: str
) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(content)
    with pytest.raises(ProfileError) as caught:
        load_profile(path)
    assert said in str(caught.value)


def test_one_mistake_is_told_once(tmp_path: Path) -> None:
    with pytest.raises(ProfileError) as raised:
        load_profile(write(tmp_path, GOOD.replace("mute: {sends: level}", "mute: {sends: up}")))
    assert [one.path for one in raised.value.problems] == ["inputs.mute.sends"]


def test_a_missing_file_is_a_sentence_too(tmp_path: Path) -> None:
    with pytest.raises(ProfileError, match="No such file"):
        load_profile(tmp_path / "a.yaml")


# -- several files ------------------------------------------------------------


def test_a_broken_file_is_left_out_and_told(tmp_path: Path) -> None:
    write(tmp_path, GOOD.replace("kind: headset", "kind: x"))
    library = load_library([tmp_path])
    assert str(library.problems[0]).endswith("dongle, key_panel, desk_phone, family")
    assert library.choose(Identity(0x1209, 1)).profile is BUILT_IN


def test_an_id_claimed_twice_is_told_and_the_first_file_keeps_it(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    write(tmp_path, GOOD.replace("acme-duo-100", "acme-other"), "acme-other")
    library = load_library([tmp_path])
    assert library.choose(Identity(0x1209, 2)).profile.id == "acme-duo-100"
    said = [str(one) for one in library.problems]
    assert "acme-other.yaml:7: match: found 1209:0001, expected it in one file" in said[0]


def test_a_users_profile_stands_in_for_the_products_and_says_so(tmp_path: Path) -> None:
    write(tmp_path / "own", GOOD)
    write(tmp_path / "user", GOOD.replace("Duo 100", "Duo 100, mine"))
    library = load_library([tmp_path / "own", tmp_path / "user"])
    choice = library.choose(Identity(0x1209, 1))
    assert choice.profile.model == "Duo 100, mine"
    assert choice.why[1] == f"stands in for {tmp_path / 'own' / 'acme-duo-100.yaml'}"


def test_a_users_profile_may_take_over_a_single_id(tmp_path: Path) -> None:
    mine = GOOD.replace("acme-duo-100", "mine").replace(', "1209:0002"', "")
    write(tmp_path / "own", GOOD)
    write(tmp_path / "user", mine, "mine")
    library = load_library([tmp_path / "own", tmp_path / "user"])
    assert library.choose(Identity(0x1209, 1)).profile.id == "mine"
    assert library.choose(Identity(0x1209, 2)).profile.id == "acme-duo-100"


def test_without_the_generic_profile_the_built_in_one_applies(tmp_path: Path) -> None:
    library = load_library([tmp_path])
    assert library.choose(Identity(1, 1)).profile.id == GENERIC
    assert "no profile of that id" in str(library.problems[0])


def test_a_dump_that_does_not_exist_is_told(tmp_path: Path) -> None:
    text = GOOD.replace("verified: document", "verified: document\n  dumps: [no-such.hid]")
    write(tmp_path, text)
    said = [str(one) for one in check_profiles([tmp_path], tmp_path)]
    assert "found no file no-such.hid" in said[0]


# -- devices that change their id ---------------------------------------------

GIVEN_OUT = {
    "poly-bt600": UsbId(0x047F, 0x02ED),
    "poly-bt700": UsbId(0x047F, 0x02E6),
    "poly-savi-8200": UsbId(0x047F, 0xAB03),
}
"""Identities are in people's configurations. Lines are added here, never changed or taken away."""


def test_an_identity_that_was_given_out_stays() -> None:
    known = {one.id: one.match.known_as for one in LIBRARY.profiles if one.match.known_as}
    assert known == GIVEN_OUT


def test_another_id_of_such_a_device_does_not_change_what_it_is_known_as(tmp_path: Path) -> None:
    text = GOOD.replace("decoder:", '  known_as: "1209:0001"\ndecoder:')
    write(tmp_path, text.replace('["1209:0001"', '["1208:ffff", "1209:0001"'))
    library = load_library([tmp_path])
    choice = library.choose(Identity(0x1208, 0xFFFF))
    assert choice.profile.match.known_as == UsbId(0x1209, 1)


# -- what a descriptor declares -----------------------------------------------

NAMED = GOOD.replace('usb: ["1209:0001", "1209:0002"]', 'name: [Duo]\n  declares: ["0b/20"]')


@pytest.mark.parametrize(
    ("declares", "profile"),
    [(None, "acme-duo-100"), ({(0x0B, 0x20), (8, 0x17)}, "acme-duo-100"), ({(8, 0x17)}, GENERIC)],
)
def test_a_descriptor_that_lacks_a_usage_rules_a_profile_out(
    tmp_path: Path, declares: set[tuple[int, int]] | None, profile: str
) -> None:
    write(tmp_path, NAMED)
    seen = None if declares is None else frozenset(declares)
    choice = load_library([tmp_path]).choose(Identity(1, 1, "A Duo", seen))
    assert choice.profile.id == profile
    assert ("its descriptor declares 0b/20" in choice.why) is (profile == "acme-duo-100")


def test_the_longest_part_of_the_product_string_wins(tmp_path: Path) -> None:
    write(tmp_path, NAMED)
    longer = NAMED.replace("acme-duo-100", "acme-z").replace("[Duo]", "[Duo 200]")
    write(tmp_path, longer, "acme-z")
    library = load_library([tmp_path])
    assert library.choose(Identity(1, 1, "Acme Duo 200")).profile.id == "acme-z"
    assert library.choose(Identity(1, 1, "Acme Duo")).profile.id == "acme-duo-100"


# -- where ids come from ------------------------------------------------------


def test_an_id_nobody_published_is_told_with_its_line(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD)
    (tmp_path / "ids.csv").write_text("usb,name,source\n1209:0001,Duo,acme.example\n", "utf-8")
    library = load_library([tmp_path])
    assert f"{path}:7: match.usb: found 1209:0002 without a source, expected a row" in str(
        library.problems[0]
    )
    assert library.choose(Identity(0x1209, 2)).profile.id == "acme-duo-100"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("vendor,product\n", "ids.csv:1: (head): found vendor,product, expected usb,name,source"),
        ("", "ids.csv:1: (head): found nothing"),
        ("usb,name,source\n1209,x,y\n", "ids.csv:2: (row): found 1209,x,y"),
        ("usb,name,source\n1209:0001,x\n", "ids.csv:2: (row): found 1209:0001,x"),
    ],
)
def test_a_broken_file_of_ids_is_told(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "ids.csv").write_text(text, "utf-8")
    assert said in "\n".join(str(one) for one in load_library([tmp_path]).problems)
