"""SIP statuses in plain language: one table for the end of calls, one for registrations.

Statuses are those of RFC 3261 section 21; ``{account}`` and ``{phrase}`` are filled in. Sentences
are lower case and say the way out where there is one; the status itself travels beside them.
"""

from collections.abc import Mapping

from bridge.model.calls import Cause, EndedBy
from bridge.model.redaction import printable

_REMOTE, _ERROR = EndedBy.REMOTE, EndedBy.ERROR

OF_CALLS: Mapping[int, tuple[EndedBy, str]] = {
    301: (_REMOTE, "the number has moved; calls are not redirected"),
    302: (_REMOTE, "the other end sends callers elsewhere; calls are not redirected"),
    400: (_ERROR, "the PBX did not understand the call ({phrase})"),
    401: (
        _ERROR,
        "the PBX refused the password of account {account}; check auth_user and password",
    ),
    402: (_ERROR, "the PBX wants payment"),
    403: (_ERROR, "the PBX does not allow this call; check the rights of account {account}"),
    404: (_ERROR, "the PBX does not know this number"),
    405: (_ERROR, "the other end takes no calls (method not allowed)"),
    406: (_ERROR, "the other end does not accept what was offered ({phrase})"),
    407: (
        _ERROR,
        "the PBX refused the password of account {account}; check auth_user and password",
    ),
    408: (_ERROR, "no answer from the other end or the PBX"),
    410: (_ERROR, "the number no longer exists"),
    413: (_ERROR, "the message was too long for the PBX"),
    414: (_ERROR, "the address was too long for the PBX"),
    415: (_ERROR, "the other end does not know the kind of sound offered"),
    416: (_ERROR, "the PBX does not take this kind of address"),
    420: (_ERROR, "the telephone at the other end cannot be taken over: it knows no Replaces"),
    421: (_ERROR, "the other end needs a SIP extension that is missing here"),
    422: (_ERROR, "the other end wants longer session timers"),
    480: (_REMOTE, "the other end is not available now"),
    481: (_ERROR, "the other end no longer knows this call"),
    482: (_ERROR, "the call went in a circle"),
    483: (_ERROR, "the call went through too many stations"),
    484: (_ERROR, "the number is incomplete"),
    485: (_ERROR, "the number is ambiguous"),
    486: (_REMOTE, "the other end is busy"),
    487: (_REMOTE, "the call was cancelled"),
    488: (_ERROR, "no common codec or encryption; compare codecs and srtp with the PBX"),
    489: (_ERROR, "the other end does not know this event"),
    491: (_ERROR, "both ends changed the call at the same moment; try again"),
    493: (_ERROR, "the other end cannot decrypt the call"),
    494: (_ERROR, "the other end asks for a security agreement"),
    500: (_ERROR, "the PBX has an internal error"),
    501: (_ERROR, "the PBX cannot do this"),
    502: (_ERROR, "the PBX got no proper answer from the next one"),
    503: (_ERROR, "the PBX is not reachable or does not take calls ({phrase})"),
    504: (_ERROR, "the PBX got no answer from the next one"),
    505: (_ERROR, "the PBX speaks another version of SIP"),
    513: (_ERROR, "the message was too long for the PBX"),
    600: (_REMOTE, "the other end is busy everywhere"),
    603: (_REMOTE, "the other end declined"),
    604: (_ERROR, "the number exists nowhere"),
    606: (_ERROR, "no common codec or encryption; compare codecs and srtp with the PBX"),
}
"""Final status of an INVITE -> whose doing, and the sentence."""

OF_REGISTRATIONS: Mapping[int, str] = {
    401: "the PBX refused the password of account {account}; check auth_user and password",
    403: "the PBX refused account {account}; check user, password and whether it is enabled there",
    404: "the PBX does not know account {account}; check user and domain",
    405: "this server takes no registrations; check server of account {account}",
    407: "the PBX refused the password of account {account}; check auth_user and password",
    408: "no answer from the PBX of account {account}; check server and network",
    423: "the PBX wants registrations of account {account} to last longer",
    480: "the PBX is not available now",
    500: "the PBX has an internal error",
    502: "cannot reach the PBX of account {account} ({phrase})",
    503: "cannot reach the PBX of account {account} ({phrase})",
    504: "the PBX got no answer from its registrar",
}
"""Final status of a REGISTER -> the sentence."""

OF_REFUSALS: Mapping[int, str] = {
    486: "all lines are taken",
    488: "no common codec or encryption; compare codecs and srtp with the caller's",
}
"""Status that PJSIP refuses an INVITE with, before we hear of it -> the sentence."""

_PHRASES: Mapping[str, str] = {
    "ECERTVERIF": "its TLS certificate is not trusted; set ca_file, or correct the name in server",
    "certificate": "its TLS certificate is not trusted; set ca_file, or correct the name in server",
    "SSL": "TLS failed; the PBX must speak TLS 1.2",
    "Connection refused": "connection refused",
    "gaierror": "its name is not known",
    "resolve": "its name is not known",
    "unreachable": "no route to it",
}
"""Words inside the texts of PJSIP and their meaning; the first that fits is taken."""

_FINAL_CLASSES: Mapping[int, str] = {
    3: "the other end sends callers elsewhere; calls are not redirected",
    4: "the PBX refused ({phrase})",
    5: "the PBX failed ({phrase})",
    6: "the other end declined ({phrase})",
}


_FORBIDDEN, _DECLINE = 403, 603
ELSEWHERE = "answered on another telephone"


def cause_of_end(
    status: int,
    phrase: str,
    account: str,
    *,
    connected: bool,
    elsewhere: bool = False,
    declined: bool = False,
) -> Cause:
    """Return why a call ended that nobody here ended.

    Args:
        status: last SIP status of the call, 0 or 200 after a BYE.
        phrase: reason phrase or text of PJSIP; not trusted.
        account: its id.
        connected: it was answered before.
        elsewhere: the caller's CANCEL said that another telephone took the call.
        declined: the answer said that the callee did not want the call.
    """
    if elsewhere and not connected:
        return Cause(EndedBy.REMOTE, status, ELSEWHERE, elsewhere=True)
    if connected and status < 300:
        return Cause(EndedBy.REMOTE, status, "the other end hung up")
    if connected and status in (408, 503):
        return Cause(EndedBy.ERROR, status, "the connection to the other end was lost")
    if status < 300:
        return Cause(EndedBy.REMOTE, status, "the call was cancelled")
    status_meant = _DECLINE if declined and status == _FORBIDDEN else status
    by, sentence = OF_CALLS.get(status_meant, (EndedBy.ERROR, _of_class(status)))
    return Cause(by, status, _filled(sentence, phrase, account))


def sentence_of_registration(status: int, phrase: str, account: str) -> str:
    """Return why an account is not registered; arguments as for ``cause_of_end``."""
    return _filled(OF_REGISTRATIONS.get(status, _of_class(status)), phrase, account)


def sentence_of_refusal(status: int, phrase: str, source: str) -> str:
    """Return why the stack itself refused a call that came in.

    Args:
        status: what the caller was answered.
        phrase: reason phrase or text of PJSIP.
        source: address of the caller.
    """
    sentence = OF_REFUSALS.get(status, "{phrase}")
    return f"refused a call from {source}: {_filled(sentence, phrase, '')} (SIP {status})"


def in_plain_words(phrase: str) -> str:
    """Return the text of PJSIP or of a foreign reason phrase, translated where it is known."""
    return next((v for k, v in _PHRASES.items() if k in phrase), printable(phrase) or "no reason")


def _of_class(status: int) -> str:
    return _FINAL_CLASSES.get(status // 100, "the call failed ({phrase})")


def _filled(sentence: str, phrase: str, account: str) -> str:
    return sentence.format(account=account, phrase=in_plain_words(phrase))
