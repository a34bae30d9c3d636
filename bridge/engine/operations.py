"""One operation on a call: its parameters, and why it failed."""

import pjsua2 as pj

from bridge.protocols.sip_reasons import in_plain_words

NOT_NOW = "not possible in this state of the call"


def options(status: int = 0) -> pj.CallOpParam:
    """Return parameters for one operation on a call: sound, no video."""
    parameters = pj.CallOpParam(True)  # True: PJSIP's defaults
    parameters.opt.audioCount, parameters.opt.videoCount = 1, 0
    if status:
        parameters.statusCode = status
    return parameters


def failed(error: pj.Error) -> str:
    """Return what PJSIP complains about, in plain words."""
    return in_plain_words(str(error.reason))
