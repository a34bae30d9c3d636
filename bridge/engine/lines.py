"""One account: registration, and the calls that come in on it."""

import pjsua2 as pj

from bridge.engine.calls import Call
from bridge.engine.desk import Desk, new_call_id
from bridge.engine.guard import guarded
from bridge.engine.operations import options
from bridge.engine.registration import Registration
from bridge.model.calls import Mailbox
from bridge.model.engine import AccountSettings, EngineSettings, Srtp
from bridge.model.engine_limits import MAX_PTIME_MS
from bridge.model.events import CallArrived, MailboxChanged
from bridge.model.ids import CallId
from bridge.protocols.sip_history import answer_at_once, diverted_by
from bridge.protocols.sip_mailbox import mailbox_of
from bridge.protocols.sip_source import Admission, Refused, account_for
from bridge.protocols.sip_text import (
    caller_of,
    dialled_user,
    host_port,
    longest_ptime_ms,
    own_uri,
)

_RETRY_S = 2  # PBX unreachable: asked again this often
_SRTP = {
    Srtp.OFF: pj.PJMEDIA_SRTP_DISABLED,
    Srtp.OPTIONAL: pj.PJMEDIA_SRTP_OPTIONAL,
    Srtp.MANDATORY: pj.PJMEDIA_SRTP_MANDATORY,
}


class Line(pj.Account):  # type: ignore[misc]  # pjsua2 has no types
    """An account of pjsua2.

    Args:
        desk: of the SIP thread.
        settings: of the account.
        server: where to send everything, an address if possible; empty = peer to peer.
        address: ``host:port`` we listen on, host part of a peer-to-peer address.

    Raises:
        BadAddress: user, server or domain cannot stand in a SIP address.
        pj.Error: PJSIP refuses.
    """

    def __init__(self, desk: Desk, settings: AccountSettings, server: str, address: str) -> None:
        super().__init__()
        self.desk = desk
        self.settings = settings
        self.server = server
        self.domain = settings.domain or settings.server.partition(":")[0]
        self.host = self.domain or address  # of our own address
        self.registration = Registration(self)
        self._mailbox: Mailbox | None = None
        config = _configuration(settings, desk.settings, self.host)
        if server:
            _add_server(config, settings, server, self.domain)
        self._config, self._moves = config, 0
        self.create(config)

    def register_anew(self) -> None:
        """Un-register the address of before and register with the one of now.

        PJSIP makes a new Contact only when a setting of it has changed: a parameter that says
        nothing, numbered.

        Raises:
            pj.Error: PJSIP refuses.
        """
        self._moves += 1
        self._config.sipConfig.contactUriParams = f";moves={self._moves}"
        self.modify(self._config)

    @guarded
    def onRegStarted(self, _prm: object) -> None:  # noqa: N802
        """A REGISTER goes out."""
        self.registration.started()

    @guarded
    def onRegState(self, prm: pj.OnRegStateParam) -> None:  # noqa: N802
        """A REGISTER was answered, or cannot be."""
        self.registration.answered(
            int(prm.code), str(prm.reason), int(prm.expiration), str(prm.rdata.srcAddress)
        )

    @guarded
    def onSendRequest(self, prm: pj.OnSendRequestParam) -> None:  # noqa: N802
        """The PBX answered our OPTIONS, or did not."""
        self.registration.pinged(int(prm.e.body.tsxState.tsx.statusCode))

    @guarded
    def onMwiInfo(self, prm: pj.OnMwiInfoParam) -> None:  # noqa: N802
        """The PBX tells about voice messages, asked (SUBSCRIBE) or not; strangers may try, too."""
        account = self.settings.account
        admission = self.desk.admissions.get(account)
        source = str(prm.rdata.srcAddress).partition(":")[0]
        if admission is None or source not in admission.registrars or not self.settings.mailbox:
            return
        mailbox = mailbox_of(str(prm.rdata.wholeMsg))
        if mailbox is not None and mailbox != self._mailbox:
            self._mailbox = mailbox
            self.desk.report(MailboxChanged(self.desk.now(), account, mailbox))

    @guarded
    def onIncomingSubscribe(self, prm: pj.OnIncomingSubscribeParam) -> None:  # noqa: N802
        """Nobody watches us; a hole in PJSIP's presence server (CVE-2026-28799) stays shut."""
        prm.code = 403

    @guarded
    def onIncomingCall(self, prm: pj.OnIncomingCallParam) -> None:  # noqa: N802
        """Take the call if it is for us, else refuse it. Nothing is answered yet, not even 180.

        PJSIP chose this account by the To header, or because nothing fitted: not to be believed.
        """
        self.desk.brake.begin()
        invite, source = str(prm.rdata.wholeMsg), str(prm.rdata.srcAddress)
        taker = account_for(dialled_user(invite), source, self.desk.admissions)
        call_id = new_call_id()
        if isinstance(taker, Refused):
            self._turn_away(prm.callId, call_id, taker)
        elif longest_ptime_ms(invite) > MAX_PTIME_MS:
            why = f"refused a call with packets of more than {MAX_PTIME_MS} ms"
            self._turn_away(prm.callId, call_id, Refused(488, why))
        else:
            call = Call(self.desk, self, taker, call_id, prm.callId)
            self.desk.calls[call_id] = call
            trusted = bool(self.desk.admissions[taker].settings.server)
            party = caller_of(invite, trust_identity=trusted)
            by_pbx = source.partition(":")[0] in self.desk.admissions[taker].registrars
            self.desk.report(
                CallArrived(
                    self.desk.now(),
                    call_id,
                    taker,
                    party,
                    diverted_by(invite) if by_pbx else None,
                    by_pbx and answer_at_once(invite),
                )
            )

    def _turn_away(self, slot: int, call_id: CallId, refused: Refused) -> None:
        call = Call(self.desk, self, self.settings.account, call_id, slot)
        call.reported = True
        self.desk.calls[call_id] = call
        self.desk.turned_away(refused.reason)
        call.hangup(options(refused.status))


def admission_of(settings: AccountSettings) -> Admission:
    """Return who may call an account.

    Raises:
        BadAddress: ``allow_from`` holds something else than IPv4 addresses and networks.
    """
    admission = Admission(settings)
    admission.admits("0.0.0.0")  # noqa: S104  # nobody's address: only to see that it can be read
    return admission


def _configuration(
    settings: AccountSettings, engine: EngineSettings, domain: str
) -> pj.AccountConfig:
    config = pj.AccountConfig()
    config.idUri = own_uri(settings.user, domain)  # no name: it would stand in each Contact, too
    media = config.mediaConfig
    media.transportConfig.port = engine.rtp_first
    media.transportConfig.portRange = engine.rtp_count
    if engine.bind_address != "0.0.0.0":  # noqa: S104  # compared only
        media.transportConfig.boundAddress = engine.bind_address
    media.srtpUse = _SRTP[settings.srtp]
    # PJSIP would otherwise demand TLS for the keys; the configuration check warns about that.
    media.srtpSecureSignaling = 0
    config.callConfig.timerUse = pj.PJSUA_SIP_TIMER_OPTIONAL  # a dead peer is noticed (RFC 4028)
    config.ipChangeConfig.reinviteFlags = 0  # see ``network``
    config.ipChangeConfig.shutdownTp = True
    config.natConfig.iceEnabled = False
    config.natConfig.sipStunUse = pj.PJSUA_STUN_USE_DISABLED
    config.natConfig.mediaStunUse = pj.PJSUA_STUN_USE_DISABLED
    return config


def _add_server(
    config: pj.AccountConfig, settings: AccountSettings, server: str, domain: str
) -> None:
    transport = settings.transport.value
    config.regConfig.registrarUri = f"sip:{host_port(domain)}"
    config.sipConfig.proxies.append(f"sip:{host_port(server)};transport={transport};lr")
    user = settings.auth_user or settings.user
    config.sipConfig.authCreds.append(pj.AuthCredInfo("digest", "*", user, 0, settings.password))
    register = config.regConfig
    register.timeoutSec = settings.expires_s
    register.delayBeforeRefreshSec = settings.expires_s // 2  # a PBX that lost us learns soon
    register.firstRetryIntervalSec = 1
    register.retryIntervalSec = _RETRY_S
    register.randomRetryIntervalSec = 0
    config.mwiConfig.enabled = settings.mailbox  # asked for at each registration that has none
