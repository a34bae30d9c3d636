"""One call: callbacks of pjsua2 turned into events."""

from typing import TYPE_CHECKING

import pjsua2 as pj

from bridge.engine import connected, diverting, recording, reinvites, transfers
from bridge.engine.desk import Desk
from bridge.engine.guard import guarded, guarded_or
from bridge.engine.lines_of import settings_of
from bridge.engine.media import AudioState, audio_of, forget, join, media_of
from bridge.engine.messages import acknowledgement, answer
from bridge.engine.operations import NOT_NOW, options
from bridge.model.calls import Cause, Direction, EndedBy, Party
from bridge.model.effects import SendDtmf
from bridge.model.engine import Dtmf
from bridge.model.engine_limits import MAX_PTIME_MS
from bridge.model.events import (
    CallConnected,
    CallRinging,
    DtmfReceived,
    HoldChanged,
    MediaChanged,
)
from bridge.model.ids import AccountId, CallId
from bridge.protocols.sip_dialog import dialog_of
from bridge.protocols.sip_reasons import cause_of_end
from bridge.protocols.sip_text import (
    codec_first,
    is_completed_elsewhere,
    is_declined,
    longest_ptime_ms,
)

if TYPE_CHECKING:
    from bridge.engine.lines import Line

_NO_SLOT = -1
_TAIL_S = 0.06  # frames under way in the bridge
_AUTH = (401, 407)  # answered by PJSIP with the password; only a second one is final


class Call(pj.Call):  # type: ignore[misc]  # pjsua2 has no types
    """A call leg.

    Args:
        desk: of the SIP thread.
        line: pjsua2 account it runs on.
        account: our name of the line.
        call_id: our name of the call; PJSIP's own ids are slots that later calls get again.
        slot: PJSIP's id of an incoming call.
    """

    def __init__(
        self,
        desk: Desk,
        line: "Line",
        account: AccountId,
        call_id: CallId,
        slot: int = _NO_SLOT,
    ) -> None:
        super().__init__(line, slot)
        self.desk = desk
        self.line = line
        self.account_id = account
        self.call_id = call_id
        self.direction = Direction.OUTGOING if slot == _NO_SLOT else Direction.INCOMING
        self.reported = False  # CallEnded was sent, or must never be (a refused stranger)
        self.answered = False  # 200 was ordered
        self.rings = False  # 180 was sent or received
        self.connected = False
        self.elsewhere = False  # another telephone of the line took the call
        self.heard = False  # somebody reacted to our INVITE, if only with 100 Trying
        self.ended_here: Cause | None = None
        self.muted = False
        self.audio = AudioState()
        self.codec = ""  # last in use
        self.remote: Party | None = None  # who took the place of another call's other end
        self.connected_to: Party | None = None  # whom the PBX said last that we speak with
        self.transferring = False  # we sent the other end elsewhere and wait for news
        self.hops = 0  # times our call was sent on
        self.joined: set[CallId] = set()  # calls that are mixed with this one
        self.sounding = False  # digits sound: the microphone waits
        self.sounds_until_s = 0.0
        self.recorded_in = ""  # file
        self.pending = ""  # name of the order whose re-INVITE is under way
        self.queued = ""  # name of the last order that waits for its turn

    # -- callbacks ------------------------------------------------------------

    @guarded
    def onCallState(self, prm: pj.OnCallStateParam) -> None:  # noqa: N802
        """Follow the INVITE session (RFC 3261 section 13)."""
        info = self.getInfo()
        match info.state:
            case pj.PJSIP_INV_STATE_EARLY if self.direction is Direction.OUTGOING:
                self._ringing()
            case pj.PJSIP_INV_STATE_CONFIRMED:
                self._confirmed(prm.e)
            case pj.PJSIP_INV_STATE_DISCONNECTED:
                declined = is_declined(answer(prm.e))
                self._disconnected(info.lastStatusCode, info.lastReason, declined=declined)
            case _:
                pass

    @guarded
    def onCallMediaState(self, _prm: object) -> None:  # noqa: N802
        """Sound was negotiated, the first time or anew."""
        self.pending = ""
        state = audio_of(self)
        before, self.audio = self.audio, state
        join(self, state)
        if self.reported:
            return
        now = self.desk.now()
        if (before.held_here, before.held_there) != (state.held_here, state.held_there):
            self.desk.report(HoldChanged(now, self.call_id, state.held_here, state.held_there))
        self.codec = state.codec or self.codec
        if (before.active, before.codec) != (state.active, state.codec):
            self.desk.report(MediaChanged(now, self.call_id, state.active, state.codec))

    @guarded
    def onDtmfEvent(self, prm: pj.OnDtmfEventParam) -> None:  # noqa: N802
        """A key at the other end; called at begin, repeatedly, and at the end of each."""
        begins = prm.flags == 0 or prm.method == pj.PJSUA_DTMF_METHOD_SIP_INFO
        digit = prm.digit[:1].upper()
        if begins and digit in tuple("0123456789*#ABCD"):
            self.desk.report(DtmfReceived(self.desk.now(), self.call_id, digit))

    @guarded
    def onCallTsxState(self, prm: pj.OnCallTsxStateParam) -> None:  # noqa: N802
        """Notice 100 Trying, who is connected, a refused re-INVITE: nothing else tells of them."""
        if self.direction is Direction.INCOMING and not self.connected:
            self._given_up(prm.e.body.tsxState)
        connected.noticed(self, prm.e.body.tsxState)
        if self.heard and not self.pending:
            return
        tsx = prm.e.body.tsxState.tsx
        if tsx.role != pj.PJSIP_ROLE_UAC or tsx.method != "INVITE":
            return
        self.heard = self.heard or tsx.statusCode >= 100
        if self.pending and tsx.statusCode >= 300 and tsx.statusCode not in _AUTH:
            order, self.pending = self.pending, ""
            reinvites.refused(self, order, int(tsx.statusCode), str(tsx.statusText))

    @guarded
    def onCallRxReinvite(self, prm: pj.OnCallRxReinviteParam) -> None:  # noqa: N802
        """Refuse what would overflow PJMEDIA's buffers."""
        if longest_ptime_ms(prm.rdata.wholeMsg) > MAX_PTIME_MS:
            prm.statusCode = 488

    @guarded
    def onCallSdpCreated(self, prm: pj.OnCallSdpCreatedParam) -> None:  # noqa: N802
        """Offer the codec in use first: some phones switch, and say that they did not."""
        if self.codec and not prm.remSdp.wholeSdp:
            prm.sdp.wholeSdp = codec_first(str(prm.sdp.wholeSdp), self.codec)

    @guarded_or(int(pj.PJSIP_REDIRECT_REJECT))
    def onCallRedirected(self, prm: pj.OnCallRedirectedParam) -> int:  # noqa: N802
        """Our call is sent on (302)."""
        return diverting.redirected(self, prm)

    @guarded
    def onCallTransferStatus(self, prm: pj.OnCallTransferStatusParam) -> None:  # noqa: N802
        """The transfer we asked for goes on."""
        transfers.told(self, prm)

    @guarded
    def onCallTransferRequest(self, prm: pj.OnCallTransferRequestParam) -> None:  # noqa: N802
        """The other end sends us elsewhere."""
        transfers.requested(self, prm)

    @guarded
    def onCallReplaceRequest(self, prm: pj.OnCallReplaceRequestParam) -> None:  # noqa: N802
        """Somebody wants the place of the other end."""
        transfers.replace_requested(self, prm)

    @guarded
    def onCallReplaced(self, prm: pj.OnCallReplacedParam) -> None:  # noqa: N802
        """And has got it."""
        transfers.replaced(self, prm)

    # -- states ---------------------------------------------------------------

    def _ringing(self) -> None:
        if not self.rings and not self.reported:
            self.rings = True
            self.desk.report(CallRinging(self.desk.now(), self.call_id))

    def _confirmed(self, event: pj.SipEvent) -> None:
        if not self.connected and not self.reported:
            self.connected = True
            from_us = self.direction is Direction.OUTGOING
            dialog = dialog_of(acknowledgement(event), from_us=from_us)
            self.desk.report(CallConnected(self.desk.now(), self.call_id, dialog))

    def _disconnected(self, status: int, phrase: str, *, declined: bool) -> None:
        recording.stop(self.desk, self, recording.OVER)
        forget(self)
        self.desk.drop(self)
        cause = self.ended_here or cause_of_end(
            status,
            phrase,
            self.account_id,
            connected=self.connected,
            elsewhere=self.elsewhere,
            declined=declined,
        )
        self.desk.end(self, cause)

    def _given_up(self, event: pj.TsxStateEvent) -> None:
        """Read from a CANCEL whether another telephone took the call."""
        if event.tsx.method == "CANCEL" and event.type == pj.PJSIP_EVENT_RX_MSG:
            self.elsewhere = self.elsewhere or is_completed_elsewhere(event.src.rdata.wholeMsg)

    def sibling(self, call_id: CallId, direction: Direction) -> "Call":
        """Return another call on the same line, not begun yet."""
        call = Call(self.desk, self.line, self.account_id, call_id)
        call.direction = direction
        return call

    # -- orders, on the SIP thread --------------------------------------------

    def ring(self) -> None:
        """Send 180, once."""
        if self.direction is Direction.INCOMING and not (self.rings or self.answered):
            self.rings = True
            self.answer(options(180))

    def accept(self) -> None:
        """Send 200, once."""
        if self.direction is Direction.INCOMING and not self.answered:
            self.answered = True
            self.answer(options(200))

    def finish(self, cause: Cause, status: int = 0) -> None:
        """Hang up, cancel or refuse, once.

        Args:
            cause: what ``CallEnded`` shall say.
            status: for an incoming call that was not answered; 0 = 603.
        """
        if self.ended_here is None:
            self.ended_here = cause
            self.hangup(options(status))

    def mute(self, *, muted: bool) -> None:
        """Give the other end silence, or the microphone."""
        self.muted = muted
        join(self, self.audio)

    def press(self, digits: str) -> None:
        """Send digits the way the account is set to."""
        if self.desk.sound is not None:
            self.desk.sound.key_tone(digits)
        if settings_of(self).dtmf is Dtmf.INBAND:
            self._sound(digits)
            return
        parameters = pj.CallSendDtmfParam()
        parameters.method = pj.PJSUA_DTMF_METHOD_RFC2833
        if settings_of(self).dtmf is Dtmf.INFO:
            parameters.method = pj.PJSUA_DTMF_METHOD_SIP_INFO
        parameters.digits = digits
        self.sendDtmf(parameters)

    def _sound(self, digits: str) -> None:
        """Sound digits as tones; the microphone is silent until they are over."""
        sound, media = self.desk.sound, media_of(self, self.audio)
        if sound is None or media is None or not self.audio.active:
            self.desk.refuse(self.call_id, SendDtmf.__name__, NOT_NOW)
            return
        now, (desk, call_id) = self.desk.now(), (self.desk, self.call_id)
        lasts_s = sound.press(self.call_id, media, digits)
        self.sounds_until_s = max(now, self.sounds_until_s) + lasts_s
        self.sounding = True
        join(self, self.audio)
        desk.agenda.after(self.sounds_until_s - now + _TAIL_S, lambda: _sounded(desk, call_id))


def _sounded(desk: Desk, call_id: CallId) -> None:
    call = desk.calls.get(call_id)
    if call is not None and desk.now() >= call.sounds_until_s:
        call.sounding = False
        join(call, call.audio)


def local(reason: str, status: int = 0) -> Cause:
    """Return the cause of an end that somebody here wanted."""
    return Cause(EndedBy.LOCAL, status, reason)
