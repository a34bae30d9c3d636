"""Strategies for the words of a PBX: facts and orders as an adaptor or a key may have them."""

from hypothesis import strategies as st

from bridge.model.blf import (
    Dialog,
    Extension,
    ForwardingFact,
    LineFact,
    LineState,
    MailboxFact,
    PresenceFact,
    PresenceState,
    QueueFact,
    QueueMember,
)
from bridge.model.calls import Direction, Mailbox, Party
from bridge.model.forwarding import CALLER_FORM, RING_S, Target, To, When, to_caller
from bridge.model.pbx import (
    ActivateProfile,
    FetchParked,
    HangUp,
    Originate,
    Park,
    ParkFact,
    PbxCommand,
    PbxFact,
    PickUp,
    Redirect,
    RegistrationFact,
    ServeQueue,
    SetForwarding,
    SetGlobalDnd,
    SetPresence,
)

PBX_BASE = "offhook/1/office"

extensions = st.from_regex(r"[0-9A-Za-z_.-]{1,32}", fullmatch=True).map(Extension)
_TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), max_size=60)
_NUMBERS = st.from_regex(r"[0-9]{1,12}", fullmatch=True)
_DIALLED = st.from_regex(r"[0-9A-Za-z+*#._-]{1,32}", fullmatch=True)
_TIMES = st.integers(0, 2**42)
_TAGS = _TEXT.filter(bool)
_PARTIES = st.builds(Party, _NUMBERS, _TEXT)
_DIALOGS = st.builds(Dialog, _TAGS, _TAGS, _TAGS, _TAGS)
_LINES = st.builds(
    LineFact,
    extensions,
    st.sampled_from(LineState),
    st.none() | st.sampled_from(Direction),
    st.none() | _PARTIES,
    _TIMES,
    st.none() | _DIALOGS,
)
_MEMBERS = st.builds(QueueMember, extensions, st.booleans(), st.booleans())
_COUNTS = st.integers(0, 9999)

facts: st.SearchStrategy[PbxFact] = st.one_of(
    _LINES,
    st.builds(ParkFact, _LINES),
    st.builds(PresenceFact, extensions, st.sampled_from(PresenceState), _TEXT, _TIMES),
    st.builds(MailboxFact, extensions, st.builds(Mailbox, st.booleans(), _COUNTS, _COUNTS)),
    st.builds(QueueFact, extensions, st.lists(_MEMBERS, max_size=5).map(tuple), _COUNTS),
    st.builds(
        ForwardingFact,
        extensions,
        st.integers(0, 9),
        st.booleans(),
        _TEXT,
        st.lists(st.sampled_from(When), max_size=4).map(tuple),
        st.integers(0, 999),
    ),
    st.builds(RegistrationFact, extensions, st.integers(0, 99), _TEXT),
)

_TARGETS = st.builds(Target, st.just(To.NUMBER), _DIALLED) | st.builds(
    Target, st.sampled_from([To.VOICEMAIL, To.BUSY, To.RING])
)
_ELSEWHERE = st.none() | _TARGETS.filter(lambda target: target.to is not To.RING)
_CALLERS = st.from_regex(CALLER_FORM.strip("^$"), fullmatch=True).map(to_caller)
_FORWARDS = st.one_of(
    st.builds(
        SetForwarding,
        extensions,
        st.sampled_from([When.ALWAYS, When.BUSY, When.UNREACHABLE]),
        _ELSEWHERE,
        profile=st.integers(0, 9),
    ),
    st.builds(
        SetForwarding,
        extensions,
        st.sampled_from([When.ALWAYS, When.BUSY, When.UNREACHABLE]),
        st.none() | _TARGETS,
        profile=st.integers(1, 9),
        caller=_CALLERS,
    ),
    st.builds(
        SetForwarding,
        extensions,
        st.just(When.NO_ANSWER),
        _ELSEWHERE,
        st.sampled_from(RING_S),
    ),
)
orders: st.SearchStrategy[PbxCommand] = st.one_of(
    st.builds(PickUp, extensions, extensions),
    st.builds(FetchParked, extensions, extensions),
    st.builds(ServeQueue, extensions | st.just(Extension("")), extensions, st.booleans()),
    st.builds(SetGlobalDnd, extensions, st.booleans()),
    st.builds(ActivateProfile, extensions, st.integers(0, 9)),
    st.builds(SetPresence, extensions, st.sampled_from(PresenceState), _TEXT, _TIMES),
    _FORWARDS,
    st.builds(Originate, extensions, _DIALLED),
    st.builds(HangUp, extensions),
    st.builds(Park, extensions, extensions),
    st.builds(Redirect, extensions, _DIALLED),
)
