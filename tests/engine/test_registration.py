"""A line is lost only when its PBX is silent, however pings and registrations cross each other."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from bridge.engine.agenda import Agenda
from bridge.model.calls import RegistrationState
from bridge.model.engine import Transport
from bridge.model.events import RegistrationChanged
from bridge.model.ids import AccountId

pytestmark = pytest.mark.sip

ACCOUNT = AccountId("office")
SOON_S = 0.01  # the PBX's way


class Account:
    """What a registration needs of pjsua2's account, and a PBX that answers or is silent."""

    def __init__(self) -> None:
        from bridge.engine.registration import Registration  # noqa: PLC0415  # needs pjsua2

        self.at_s = 1000.0
        self.is_alive = True
        self.said: list[RegistrationChanged] = []
        self.agenda = Agenda(lambda: self.at_s, self._fails)
        self.settings = SimpleNamespace(account=ACCOUNT, transport=Transport.UDP, server="pbx")
        self.domain = "pbx"
        self.desk = SimpleNamespace(
            now=lambda: self.at_s,
            agenda=self.agenda,
            admissions={ACCOUNT: SimpleNamespace(registrars=set())},
            report=self.said.append,
            server_silent=lambda _account: None,
        )
        self.registration = Registration(cast("Any", self))
        self.registration.begin()

    @staticmethod
    def _fails(error: BaseException) -> None:
        raise error

    def setRegistration(self, wanted: bool) -> None:  # noqa: N802  # as pjsua2 has it
        assert wanted
        self.registration.started()
        if self.is_alive:
            self.agenda.after(
                SOON_S, lambda: self.registration.answered(200, "OK", 300, "192.0.2.1:5060")
            )

    def sendRequest(self, _request: object) -> None:  # noqa: N802
        if self.is_alive:
            self.agenda.after(SOON_S, lambda: self.registration.pinged(200))
        else:
            self.agenda.after(32.0, lambda: self.registration.pinged(408))

    def passes(self, seconds: float) -> None:
        """Let time pass in steps that no timer is shorter than."""
        for _ in range(round(seconds / SOON_S)):
            self.at_s += SOON_S
            self.agenda.run_due()

    @property
    def states(self) -> list[RegistrationState]:
        return [one.state for one in self.said[1:]]


@pytest.mark.parametrize("moment_s", [5.0, 10.0, 10.5, 11.5, 12.99, 13.0])
def test_registering_again_while_a_ping_is_out_loses_no_line(moment_s: float) -> None:
    account = Account()
    account.setRegistration(True)
    account.passes(moment_s)
    account.setRegistration(True)  # PJSIP does, before the time is over
    account.passes(60.0)
    assert account.states == [RegistrationState.REGISTERED]


def test_a_silent_pbx_is_noticed_and_its_return_too() -> None:
    account = Account()
    account.setRegistration(True)
    account.passes(1.0)
    account.is_alive = False
    account.passes(13.0)
    assert account.states == [RegistrationState.REGISTERED, RegistrationState.FAILED]
    account.is_alive = True
    account.passes(10.0)
    account.passes(60.0)
    assert account.states[2:] == [RegistrationState.REGISTERED]
