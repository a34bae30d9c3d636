"""Desk phones of each vendor over real HTTP, set up with the lines we print for them."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.drivers.phones import Phones
from bridge.drivers.ports import HttpAsked
from bridge.model.calls import EndedBy, Party, RegistrationState
from bridge.model.effects import (
    AnswerCall,
    EndCall,
    HoldCall,
    PlaceCall,
    RejectCall,
    ResumeCall,
    SetMicrophone,
)
from bridge.model.events import (
    CallArrived,
    CallConnected,
    CallDialed,
    CallEnded,
    Event,
    HoldChanged,
    OrderFailed,
    RegistrationChanged,
)
from bridge.model.phones import Happening, PhoneEvent, PhoneSettings, PhoneVendor, Refused
from tests.drivers.phone_rig import OURS, SPEAKING, TOKEN, Rig, rig, ringing

# -- one call, all of it ------------------------------------------------------


@pytest.mark.parametrize("vendor", SPEAKING)
async def test_a_call_at_the_phone_is_answered_held_and_ended_from_here(
    vendor: PhoneVendor,
) -> None:
    async with rig(vendor) as found:
        call = await ringing(found)
        found.order(AnswerCall(call))
        await found.comes(CallConnected)
        found.order(HoldCall(call))
        assert await found.comes(HoldChanged) == found.events[-1]
        found.order(ResumeCall(call))
        resumed = await found.comes(HoldChanged, 2)
        assert isinstance(resumed, HoldChanged)
        assert not resumed.local
        found.order(EndCall(call))
        ended = await found.comes(CallEnded)
        assert isinstance(ended, CallEnded)
        assert ended.call == call
        assert not [event for event in found.events if isinstance(event, OrderFailed)]
        assert set(found.phone.answers) == {200}


@pytest.mark.parametrize("vendor", SPEAKING)
async def test_who_calls_the_phone_is_known(vendor: PhoneVendor) -> None:
    async with rig(vendor) as found:
        await ringing(found)
        registered, arrived = found.events
        assert isinstance(registered, RegistrationChanged)
        assert registered.state is RegistrationState.REGISTERED
        assert isinstance(arrived, CallArrived)
        assert (arrived.account, arrived.remote) == ("phone-desk", Party("4520"))


@pytest.mark.parametrize("vendor", SPEAKING)
async def test_a_call_is_placed_by_the_phone(vendor: PhoneVendor) -> None:
    async with rig(vendor) as found:
        found.order(PlaceCall(OURS, found.settings.account, "202"))
        await found.comes(RegistrationChanged)
        (name,) = found.phone.numbers
        assert found.phone.numbers[name] == "202"
        await found.does(found.phone.moves, name, "connected")
        connected = await found.comes(CallConnected)
        assert isinstance(connected, CallConnected)
        assert connected.call == OURS
        assert not [event for event in found.events if isinstance(event, CallDialed)]


@pytest.mark.parametrize("vendor", SPEAKING)
async def test_a_call_its_user_dials_is_shown(vendor: PhoneVendor) -> None:
    async with rig(vendor) as found:
        await found.does(found.phone.dials, "202")
        dialed = await found.comes(CallDialed)
        assert isinstance(dialed, CallDialed)
        assert dialed.remote == Party("202")


@pytest.mark.parametrize("vendor", SPEAKING)
async def test_a_call_is_rejected_from_here(vendor: PhoneVendor) -> None:
    async with rig(vendor) as found:
        found.order(RejectCall(await ringing(found), 486))
        await found.comes(CallEnded)
        assert found.phone.states.keys() <= {"33093"}


# -- what goes wrong ----------------------------------------------------------


@pytest.mark.parametrize("vendor", [PhoneVendor.YEALINK, PhoneVendor.POLY])
@pytest.mark.parametrize("digest", [False, True])
async def test_a_password_is_given_where_it_is_asked_for(vendor: PhoneVendor, digest: bool) -> None:
    secret = "s3cret"
    async with rig(vendor, secret, digest=digest, user="admin", password=secret) as found:
        found.order(AnswerCall(await ringing(found)))
        await found.comes(CallConnected)


@pytest.mark.parametrize("vendor", SPEAKING)
async def test_a_phone_may_tell_what_it_does_before_it_answers_the_order(
    vendor: PhoneVendor,
) -> None:
    async with rig(vendor) as found:
        found.phone.tells_first = True
        call = await ringing(found)
        found.order(AnswerCall(call))
        await found.comes(CallConnected)
        found.order(HoldCall(call))
        await found.comes(HoldChanged)
        found.order(ResumeCall(call))
        await found.comes(HoldChanged, 2)
        found.order(HoldCall(call))  # sent once the orders before it were answered
        await found.comes(HoldChanged, 3)
        line = found.phones._desks[found.settings.account].line
        assert line.calls[call].awaited is None
        assert line.late(time.monotonic() + 60.0) == []


async def test_a_phone_that_takes_an_order_and_does_nothing_is_told_on() -> None:
    async with rig(PhoneVendor.YEALINK) as found:
        found.phone.is_deaf = True
        call = await ringing(found)
        found.order(AnswerCall(call))
        await found.is_asked("ASW")
        line = found.phones._desks[found.settings.account].line
        (failed,) = line.late(time.monotonic() + 60.0)
        assert isinstance(failed, OrderFailed)
        assert failed.order == "AnswerCall"


async def failure(found: Rig) -> str:
    failed = await found.comes(OrderFailed)
    assert isinstance(failed, OrderFailed)
    return failed.reason


async def test_a_wrong_password_is_one_sentence() -> None:
    async with rig(PhoneVendor.YEALINK, "s3cret", user="admin", password="wrong") as found:
        found.order(AnswerCall(await ringing(found)))
        assert "refuses our name or password" in await failure(found)


async def test_a_phone_that_is_off_is_one_sentence_and_its_line_fails() -> None:
    async with rig(PhoneVendor.YEALINK) as found:
        call = await ringing(found)
        await found.does(found.phone.goes_off)
        found.order(AnswerCall(call))
        assert "cannot be reached (connection refused)" in await failure(found)
        line = await found.comes(RegistrationChanged, 2)
        assert isinstance(line, RegistrationChanged)
        assert line.state is RegistrationState.FAILED


async def test_a_call_that_cannot_be_placed_is_over() -> None:
    async with rig(PhoneVendor.YEALINK) as found:
        found.order(PlaceCall(OURS, found.settings.account, "tel:1;x"))
        await found.comes(OrderFailed)
        ended = await found.comes(CallEnded)
        assert isinstance(ended, CallEnded)
        assert ended.cause.by is EndedBy.ERROR


async def test_a_phone_without_control_says_so() -> None:
    async with rig(PhoneVendor.YEALINK, control="") as found:
        found.order(AnswerCall(await ringing(found)))
        assert "set phones[].control" in await failure(found)


async def test_a_phone_that_cannot_be_muted_says_so() -> None:
    async with rig(PhoneVendor.YEALINK) as found:
        call = await ringing(found)
        found.order(AnswerCall(call))
        await found.comes(CallConnected)
        found.order(SetMicrophone(call, muted=True))
        assert "cannot be muted" in await failure(found)


async def test_a_call_that_is_held_need_not_be_muted() -> None:
    async with rig(PhoneVendor.YEALINK) as found:
        call = await ringing(found)
        found.order(AnswerCall(call))
        await found.comes(CallConnected)
        found.order(SetMicrophone(call, muted=True))
        found.order(HoldCall(call))
        await found.comes(HoldChanged)
        assert not [event for event in found.events if isinstance(event, OrderFailed)]


async def test_an_answer_is_not_sent_once_the_call_is_over() -> None:
    async with rig(PhoneVendor.YEALINK) as found:
        call = await ringing(found)
        found.order(AnswerCall(call))
        name = found.phones._desks[found.settings.account].line.calls[call].name
        path = f"/phone/desk/{TOKEN}/ended"
        found.phones.answer(HttpAsked("GET", path, f"call={name}", "127.0.0.1"))
        await found.comes(CallEnded)
        await found.does(found.phone.is_called, "4521")
        await found.comes(CallArrived, 2)
        assert found.phone.requests == []


async def test_what_the_core_does_not_take_goes_on_ringing_at_the_phone() -> None:
    async with rig(PhoneVendor.YEALINK) as found:
        sink = found.phones._sink

        def busy(event: Event) -> None:
            sink(event)
            if isinstance(event, CallArrived):
                found.phones.order(RejectCall(event.call, 486))

        found.phones._sink = busy
        await ringing(found)
        await found.does(found.phone.is_called, "4521")
        await found.comes(CallArrived, 2)
        assert found.phone.requests == []
        assert list(found.phone.states.values()) == ["ringing", "ringing"]


async def test_two_calls_at_a_phone_that_takes_keys_only_are_its_users_business() -> None:
    async with rig(PhoneVendor.SNOM) as found:
        call = await ringing(found)
        await found.does(found.phone.is_called, "4521")
        await found.comes(CallArrived, 2)
        found.order(AnswerCall(call))
        assert "several calls" in await failure(found)
        assert found.phone.requests == []


# -- who may tell us something -----------------------------------------------


def asked(path: str, peer: str = "127.0.0.1", method: str = "GET") -> HttpAsked:
    return HttpAsked(method, path, "", peer)


@pytest.mark.parametrize(
    ("request_", "refused", "status"),
    [
        (asked(f"/phone/desk/{TOKEN}/ringing", "192.0.2.1"), Refused.WRONG_ADDRESS, 403),
        (asked("/phone/desk/wrong/ringing", "192.0.2.1"), Refused.WRONG_ADDRESS, 403),
        (asked("/phone/desk/wrong/ringing"), Refused.WRONG_TOKEN, 403),
        (asked("/phone/desk/%ff%00/ringing"), Refused.WRONG_TOKEN, 403),
        (asked(f"/phone/desk/{TOKEN}/ringing", "localhost"), Refused.WRONG_ADDRESS, 403),
        (asked(f"/phone/other/{TOKEN}/ringing"), Refused.UNKNOWN_PHONE, 403),
        (asked(f"/phone/desk/{TOKEN}/ringing", method="POST"), Refused.WRONG_METHOD, 405),
        (asked(f"/phone/desk/{TOKEN}/xml"), Refused.WRONG_METHOD, 405),
        (asked(f"/phone/desk/{TOKEN}/xml", method="POST"), Refused.BAD_XML, 400),
        (asked(f"/phone/desk/{TOKEN}/dance"), Refused.UNKNOWN_EVENT, 404),
        (asked(f"/phone/desk/{TOKEN}/key"), Refused.BAD_QUERY, 400),
        (asked("/phone/desk"), Refused.NO_SUCH_PATH, 404),
    ],
)
async def test_a_stranger_is_refused_counted_and_never_quoted(
    request_: HttpAsked, refused: Refused, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    async with rig(PhoneVendor.YEALINK) as found:
        for _ in range(3):
            assert found.phones.answer(request_).status == status
        assert found.phones.counts() == {refused.value: 3}
        assert found.events == []
        assert caplog.text.count("was refused") == 1
        assert TOKEN not in caplog.text
        assert "wrong/" not in caplog.text


@given(
    st.sampled_from(["GET", "POST", "PUT"]),
    st.one_of(
        st.text(st.characters(codec="latin-1"), max_size=60),
        st.builds(
            f"/phone/desk/{TOKEN}/{{}}".format, st.sampled_from([h.value for h in Happening])
        ),
        st.just(f"/phone/desk/{TOKEN}/xml"),
    ),
    st.text(st.characters(codec="latin-1"), max_size=60),
    st.sampled_from(["", "127.0.0.1", "::1", "fe80::1%eth0", "x"]),
    st.binary(max_size=60),
)
def test_no_request_makes_an_exception(
    method: str, path: str, query: str, peer: str, body: bytes
) -> None:
    settings = PhoneSettings("desk", PhoneVendor.POLY, ("127.0.0.1", "::1"), TOKEN)
    phones = Phones([settings], lambda _event: None, time.monotonic, lambda _phone, _key: None)
    answer = phones.answer(HttpAsked(method, path, query, peer, body))
    assert answer.status in {200, 400, 403, 404, 405, 413}
    assert sum(phones.counts().values()) == (answer.status != 200)


async def test_keys_and_switches_are_told() -> None:
    async with rig(PhoneVendor.YEALINK) as found:
        for word, query in (("key", "key=P1"), ("dnd-on", ""), ("mute", ""), ("muted", "")):
            path = f"/phone/desk/{TOKEN}/{word}"
            found.phones.answer(HttpAsked("GET", path, query, "127.0.0.1"))
        assert found.keys == [
            PhoneEvent(Happening.KEY, key="P1"),
            PhoneEvent(Happening.DND_ON),
        ]


async def test_a_mute_key_counts_while_there_is_a_call_in_use() -> None:
    async with rig(PhoneVendor.YEALINK) as found:
        name = await found.does(found.phone.is_called, "4520")
        await found.does(found.phone.moves, name, "connected")
        await found.does(found.phone.tell, "muted", name)
        assert [key.happening for key in found.keys] == [Happening.MUTED]


async def test_calls_are_over_for_us_when_we_end() -> None:
    async with rig(PhoneVendor.YEALINK) as found:
        await ringing(found)
    assert isinstance(found.events[-1], CallEnded)
