"""Orders and events as lines of the trace: what happens is told, whom it concerns is masked."""

import pytest

from bridge.drivers.sip.ledger import Ledger
from bridge.drivers.sip.traced import Traced
from bridge.model.calls import Party
from bridge.model.effects import (
    ConnectCalls,
    DivertCall,
    EngineOrder,
    JoinCalls,
    PlaceCall,
    RecordCall,
    SetRinger,
    TransferCall,
)
from bridge.model.events import (
    CallReferred,
    CallReplaced,
    Event,
    RecordingChanged,
    RemoteChanged,
    TransferChanged,
)
from bridge.model.ids import AccountId, CallId
from bridge.model.sound import Ring
from bridge.model.trace import TraceEntry

CALL, NEW = CallId("c1"), CallId("c2")
NUMBER = "+4989123456"


def line(what: EngineOrder | Event) -> str:
    entries: list[TraceEntry] = []
    traced = Traced(entries.append, lambda: 0.0)
    if isinstance(what, EngineOrder):
        traced.order(what)
    else:
        traced.event(what)
    return entries[0].text


@pytest.mark.parametrize(
    ("what", "words"),
    [
        (PlaceCall(CALL, AccountId("a"), NUMBER, NUMBER), "→ PlaceCall to "),
        (DivertCall(CALL, NUMBER), "→ DivertCall to "),
        (TransferCall(CALL, f"sip:{NUMBER}@pbx"), "→ TransferCall to sip:"),
        (ConnectCalls(CALL, NEW), "→ ConnectCalls with c2"),
        (JoinCalls(CALL, NEW, joined=False), "→ JoinCalls no longer with c2"),
        (RecordCall(CALL, on=True), "→ RecordCall on"),
        (SetRinger(Ring.WAITING), "→ SetRinger waiting"),
        (TransferChanged(0, CALL, 180, "Ringing", final=False), "← TransferChanged: Ringing (180)"),
        (CallReferred(0, CALL, NEW, Party(NUMBER)), "← CallReferred to "),
        (CallReplaced(0, CALL, NEW, Party(NUMBER)), "← CallReplaced by "),
        (RemoteChanged(0, CALL, Party(NUMBER)), "← RemoteChanged to "),
        (RecordingChanged(0, CALL, on=False, reason="full"), "← RecordingChanged off full"),
    ],
)
def test_what_happens_is_told_and_numbers_are_masked(what: EngineOrder | Event, words: str) -> None:
    text = line(what)
    assert text.startswith(words)
    assert NUMBER not in text


@pytest.mark.parametrize(
    "begins", [CallReferred(0, CALL, NEW, Party("1")), CallReplaced(0, CALL, NEW, Party("1"))]
)
def test_calls_that_begin_out_of_others_are_not_forgotten(
    begins: CallReferred | CallReplaced,
) -> None:
    ledger = Ledger()
    ledger.note_message(begins)
    assert [ended.call for ended in ledger.close(1.0, "gone")] == [NEW]
