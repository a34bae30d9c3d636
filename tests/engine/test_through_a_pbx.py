"""What passes between an engine and its PBX: 302, caller id, who sent a call on, intercom."""

import asyncio

import pytest

from bridge.model.calls import EndedBy, Party, RegistrationState
from bridge.model.effects import EndCall, PlaceCall
from bridge.model.engine import AccountSettings, ShowIdentity
from bridge.model.events import (
    CallArrived,
    CallConnected,
    CallEnded,
    OrderFailed,
    RemoteChanged,
)
from tests.engine.phones import LINE, Phone, new_call
from tests.engine.raw_sip import SDP, RawPeer
from tests.engine.scripted_pbx import ScriptedPbx, field

pytestmark = pytest.mark.sip

BUSY = ("486 Busy Here", "")


def moved(*targets: str) -> tuple[str, str]:
    return "302 Moved Temporarily", "".join(f"Contact: <{t}>\r\n" for t in targets)


def phone_of(pbx: ScriptedPbx, **settings: object) -> Phone:
    line = AccountSettings(LINE, "200", pbx.address, "pbx.example", **settings)  # type: ignore[arg-type]  # by name
    return Phone("200", accounts=[line])


async def registered(phone: Phone) -> None:
    await phone.registration(LINE, RegistrationState.REGISTERED)


# -- sent on by 302 -----------------------------------------------------------


async def test_a_call_sent_on_within_the_pbx_is_followed_through_it() -> None:
    with ScriptedPbx(moved("sip:202@pbx.example"), BUSY) as pbx:
        async with phone_of(pbx) as phone:
            await registered(phone)
            out = phone.dials("201")
            changed = await phone.log.until(RemoteChanged, out)
            assert changed.remote == Party("202")
            second = await asyncio.to_thread(pbx.request, "INVITE", 1)
            assert second.startswith("INVITE sip:202@pbx.example")
            assert (await phone.log.until(CallEnded, out)).cause.sip == 486


NOWHERE = [
    "sip:112@pbx.example",
    "sip:0110@pbx.example",
    "sip:202@evil.example",
    "sip:202@192.0.2.9",
    "sip:202@pbx.example?Subject=x&Route=%3Csip:evil%3E",
    "tel:112",
]


async def test_where_nobody_may_send_us_is_not_called() -> None:
    with ScriptedPbx(*(moved(target) for target in NOWHERE), BUSY) as pbx:
        async with phone_of(pbx) as phone:
            await registered(phone)
            ends = {}
            for target in NOWHERE:
                ended = await phone.log.until(CallEnded, phone.dials("201"))
                ends[target] = ended.cause.sip
            assert ends == dict.fromkeys(NOWHERE, 302)
            assert phone.log.of(RemoteChanged) == []


async def test_a_call_sent_round_in_circles_ends_after_three_hops() -> None:
    with ScriptedPbx(*(moved(f"sip:30{n}@pbx.example") for n in range(6))) as pbx:
        async with phone_of(pbx) as phone:
            await registered(phone)
            ended = await phone.log.until(CallEnded, phone.dials("201"))
            assert ended.cause.sip == 302
            assert [e.remote.number for e in phone.log.of(RemoteChanged)] == ["300", "301", "302"]


async def test_hanging_up_while_a_call_is_sent_on_harms_nothing() -> None:
    """A redirect that was left undecided aborted PJSIP here."""
    with ScriptedPbx(moved("sip:202@pbx.example"), ("180 Ringing", "")) as pbx:
        async with phone_of(pbx) as phone:
            await registered(phone)
            pid = phone.engine.pid
            out = phone.dials("201")
            await phone.log.until(RemoteChanged, out)
            phone.engine.order(EndCall(out))
            await phone.log.until(CallEnded, out)
            await phone.engine.sound_stats()
            assert phone.engine.pid == pid


async def test_an_asterisk_that_says_403_for_a_callee_who_declined_is_understood() -> None:
    declined = ("403 Forbidden", "Reason: Q.850;cause=21\r\n")
    with ScriptedPbx(declined, ("403 Forbidden", "")) as pbx:
        async with phone_of(pbx) as phone:
            await registered(phone)
            ended = (await phone.log.until(CallEnded, phone.dials("201"))).cause
            assert (ended.by, ended.sip, ended.reason) == (
                *(EndedBy.REMOTE, 403),
                "the other end declined",
            )
            ended = (await phone.log.until(CallEnded, phone.dials("201"))).cause
            assert "check the rights" in ended.reason


# -- whom the PBX connects us with ---------------------------------------------


async def test_whom_a_call_has_reached_is_told_by_the_pbx() -> None:
    cleo = 'P-Asserted-Identity: "Cleo" <sip:202@pbx.example>\r\n'
    dora = "Remote-Party-ID: <sip:204@pbx.example>;party=calling\r\n"
    with ScriptedPbx(("200 OK", f"Contact: <sip:pbx@pbx.example>\r\n{cleo}")) as pbx:
        async with phone_of(pbx) as phone:
            await registered(phone)
            out = phone.dials("**201")
            picked_up = await phone.log.until(RemoteChanged, out)
            assert picked_up.remote == Party("202", "Cleo")
            await phone.log.until(CallConnected, out)
            pbx.updates(cleo)
            pbx.updates("P-Asserted-Identity: <sip:200@pbx.example>\r\n")  # that is us
            pbx.updates(dora)  # the PBX has transferred the other end
            await phone.log.until(RemoteChanged, out, where=lambda e: e.remote.number == "204")
            said = [e.remote for e in phone.log.of(RemoteChanged)]
            assert said == [Party("202", "Cleo"), Party("204")]
            await phone.hangs_up(out)


# -- which number a call shows ------------------------------------------------


async def invite_showing(number: str, **settings: object) -> str:
    with ScriptedPbx(BUSY) as pbx:
        async with phone_of(pbx, display_name="Desk", **settings) as phone:
            await registered(phone)
            call = new_call()
            phone.engine.order(PlaceCall(call, LINE, "201", number))
            invite = await asyncio.to_thread(pbx.request, "INVITE")
            await phone.log.until(CallEnded, call)
            return invite


async def test_an_anonymous_call_tells_its_number_to_the_pbx_alone() -> None:
    invite = await invite_showing("anonymous")
    assert field(invite, "From").startswith('"Anonymous" <sip:anonymous@anonymous.invalid>')
    assert field(invite, "Privacy") == "id"
    assert field(invite, "P-Preferred-Identity") == "<sip:200@pbx.example>"
    assert "Desk" not in invite


async def test_a_number_of_ones_own_is_shown_as_preferred_identity() -> None:
    invite = await invite_showing("+49 89 1234")
    assert field(invite, "P-Preferred-Identity") == '"Desk" <sip:+49891234@pbx.example>'
    assert "<sip:200@pbx.example>" in field(invite, "From")


async def test_or_in_the_from_header_where_the_pbx_looks_there() -> None:
    invite = await invite_showing("+49891234", identity=ShowIdentity.FROM)
    assert "<sip:+49891234@pbx.example>" in field(invite, "From")
    assert field(invite, "P-Preferred-Identity") == ""


async def test_without_an_identity_nothing_is_added() -> None:
    invite = await invite_showing("")
    assert field(invite, "Privacy") == field(invite, "P-Preferred-Identity") == ""


async def test_identities_that_would_inject_headers_fail_with_words() -> None:
    async with Phone("a") as phone:
        for identity in ("1\r\nX-Evil: 1", "<sip:x>", "a b;c", "\ud800", "1" * 65):
            call = new_call()
            phone.engine.order(PlaceCall(call, LINE, "sip:b@127.0.0.1:9", identity))
            failed = await phone.log.until(OrderFailed, call)
            assert failed.reason.startswith("expected a number to show")
            await phone.log.until(CallEnded, call)


async def test_peer_to_peer_an_anonymous_call_tells_nobody() -> None:
    async with Phone("secret") as a, Phone("b") as b:
        call = new_call()
        a.engine.order(PlaceCall(call, LINE, b.uri, "anonymous"))
        arrived = await b.arrival()
        assert arrived.remote == Party("anonymous", "Anonymous")
        await a.hangs_up(call)


# -- what a call brings -------------------------------------------------------


async def test_a_call_tells_who_was_called_first_and_whether_it_wants_an_answer() -> None:
    headers = (
        "",
        "Diversion: <sip:203@x>;reason=no-answer\r\n",
        "Call-Info: <sip:x>;answer-after=0\r\n",
    )
    told = []
    with ScriptedPbx() as pbx:
        async with phone_of(pbx) as phone:
            await registered(phone)
            for number, header in enumerate(headers):
                seen = len(phone.log.events)
                pbx.invites("200", f"x{number}", header)
                arrived = await phone.arrival(after=seen)
                told.append((arrived.diverted_by, arrived.answer_at_once))
                phone.engine.order(EndCall(arrived.call))
                await phone.log.until(CallEnded, arrived.call)
    assert told == [(None, False), (Party("203"), False), (None, True)]


async def test_a_stranger_cannot_make_us_answer() -> None:
    async with Phone("a") as a:
        raw = RawPeer(a.engine.address, "a")
        extra = "Call-Info: <sip:x>;answer-after=0\r\nDiversion: <sip:1@x>\r\n"
        raw.send(raw.request("INVITE", "s", body=SDP, extra=extra))
        arrived = await a.log.until(CallArrived)
        raw.close()
        assert not arrived.answer_at_once
        assert arrived.diverted_by is None
