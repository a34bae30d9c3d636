"""Staying registered: what PJSIP tells, and what it does not.

PJSIP asks again by itself when the PBX is unreachable or failing. Ours is the rest: a REGISTER that
fails before it leaves (no callback at all), a refusal that somebody may repair, a PBX that died
silently (OPTIONS unanswered), and saying each thing once.
"""

from enum import Enum, auto
from typing import TYPE_CHECKING

import pjsua2 as pj

from bridge.engine.guard import describe
from bridge.model.calls import RegistrationState
from bridge.model.engine import Transport
from bridge.model.events import RegistrationChanged
from bridge.protocols.sip_reasons import sentence_of_registration

if TYPE_CHECKING:
    from bridge.engine.lines import Line

_LOOK_S = 1.0
"""While not registered: how often we look."""

_SILENT_S = 5.0
"""A REGISTER without an answer for so long is reported as failed; PJSIP goes on until 32 s."""

_QUIET_S = 4.0
"""Nothing under way for so long: PJSIP has given up or never began."""

_REFUSED_S = 60.0
"""Wrong password and the like: ask again this often. Often enough for who repairs it; blocking
rules on PBXs count about 5 attempts in seconds, not minutes."""

_PING_S = 10.0
"""Registered over UDP: how often the PBX is asked whether it lives."""

_PING_ANSWER_S = 3.0
"""It is taken for dead after so long."""

_REFUSALS = frozenset({401, 403, 404, 405, 407})


class _Ping(Enum):
    """Where the one question after the PBX's life stands: a second one would belie the first."""

    NONE = auto()  # nobody asks
    DUE = auto()  # it goes out in a while
    ASKED = auto()  # it is out
    HEARD = auto()  # the PBX said something since


class Registration:
    """The registration of one line.

    Args:
        line: whose.
    """

    def __init__(self, line: "Line") -> None:
        self._line = line
        self._desk = line.desk
        self._state = RegistrationState.NONE
        self._said: RegistrationChanged | None = None
        self._started_s = 0.0  # last REGISTER sent
        self._answered_s = 0.0  # last answer
        self._retry_s = 0.0  # not before
        self._ping_is = _Ping.NONE
        self._looking = False
        self._over = False

    @property
    def is_registered(self) -> bool:
        """The registrar has us."""
        return self._state is RegistrationState.REGISTERED

    def begin(self) -> None:
        """Report the first state and start looking after it."""
        if not self._line.settings.server:
            self._say(RegistrationState.NONE)
            return
        self._say(RegistrationState.TRYING)
        self._started_s = self._desk.now()
        self._look_later()

    def end(self) -> None:
        """Un-register; nothing is reported any more."""
        self._over = True
        if self.is_registered:
            self._line.setRegistration(False)

    # -- what PJSIP says ------------------------------------------------------

    def started(self) -> None:
        """A REGISTER goes out."""
        self._started_s = self._desk.now()

    def answered(self, status: int, phrase: str, expires_s: int, source: str) -> None:
        """A REGISTER has a final answer, or cannot get one."""
        self._answered_s = self._desk.now()
        if self._over:
            return
        if status // 100 == 2 and expires_s > 0:
            self._desk.admissions[self._line.settings.account].registrars.add(
                source.partition(":")[0]
            )
            self._say(RegistrationState.REGISTERED, status)
            self._heard()
            self._ping_later()
        elif status // 100 == 2:  # the PBX has let us go
            self._lost(status, "the PBX ended the registration")
        else:
            self._retry_s = self._desk.now() + (_REFUSED_S if status in _REFUSALS else _QUIET_S)
            self._lost(status, self._sentence(status, phrase))

    def pinged(self, status: int) -> None:
        """An OPTIONS has an answer, any will do, or PJSIP made one up after its time (408)."""
        if status != 408:
            self._heard()

    # -- what we do -----------------------------------------------------------

    def _look(self) -> None:
        """While not registered: say so, and see that somebody asks again."""
        self._looking = False
        if self._over or self._state is RegistrationState.REGISTERED:
            return
        now = self._desk.now()
        waiting = self._started_s > self._answered_s
        if waiting and now - self._started_s > _SILENT_S:
            self._lost(408, self._sentence(408, ""))
        if now >= self._retry_s and now - max(self._started_s, self._answered_s) > _QUIET_S:
            self._ask()
        self._look_later()

    def _look_later(self) -> None:
        if not self._looking:
            self._looking = True
            self._desk.agenda.after(_LOOK_S, self._look)

    def _ask(self) -> None:
        try:
            self._line.setRegistration(True)
        except pj.Error as e:
            if "EBUSY" in e.reason:  # one is under way: PJSIP repeats it every 2 s
                return
            describe(e)
            self._lost(0, self._sentence(503, str(e.reason)))

    def _heard(self) -> None:
        if self._ping_is is _Ping.ASKED:
            self._ping_is = _Ping.HEARD

    def _ping_later(self) -> None:
        if self._ping_is is _Ping.NONE and self._line.settings.transport is Transport.UDP:
            self._ping_is = _Ping.DUE
            self._desk.agenda.after(_PING_S, self._ping)

    def _ping(self) -> None:
        """Ask the PBX whether it lives. TCP and TLS need none: a lost connection is noticed."""
        if self._over or self._state is not RegistrationState.REGISTERED:
            self._ping_is = _Ping.NONE
            return
        self._ping_is = _Ping.ASKED
        request = pj.SendRequestParam()
        request.method = "OPTIONS"
        request.txOption.targetUri = f"sip:{self._line.domain}"
        try:
            self._line.sendRequest(request)
        except pj.Error as e:
            describe(e)  # no route at the moment: the look below finds no answer
        self._desk.agenda.after(_PING_ANSWER_S, self._after_ping)

    def _after_ping(self) -> None:
        was, self._ping_is = self._ping_is, _Ping.NONE
        if self._over or self._state is not RegistrationState.REGISTERED:
            return
        if was is _Ping.ASKED:
            self._lost(408, self._sentence(408, ""))
            self._ask()
        else:
            self._ping_later()

    def _lost(self, status: int, reason: str) -> None:
        self._say(RegistrationState.FAILED, status, reason)
        if status not in _REFUSALS:
            self._desk.server_silent(self._line.settings.account)
        self._look_later()

    def _sentence(self, status: int, phrase: str) -> str:
        return sentence_of_registration(status, phrase, self._line.settings.account)

    def _say(self, state: RegistrationState, status: int = 0, reason: str = "") -> None:
        """Report a state, unless it is what we said last."""
        self._state = state
        said = RegistrationChanged(0.0, self._line.settings.account, state, status, reason)
        if said != self._said:
            self._said = said
            self._desk.report(
                RegistrationChanged(
                    self._desk.now(), self._line.settings.account, state, status, reason
                )
            )
