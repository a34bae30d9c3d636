"""The clock of the conference bridge: runs while calls have audio, and a second longer.

pjsua2's null sound device is a thread that ticks every 20 ms and moves all audio. With it, idle
would cost 50 wake-ups a second; without it (``setNoDev``) nothing. But the bridge frees the slot of
an ended call only in a tick: with the clock off for ever, after 126 calls to ourselves, two slots
each, every call was answered 488 (254 slots, measured). So each end of a call lets it tick on for
a second. Not stopping at once also matters: stopping waits for the tick under way, up to 20 ms, in
which hang-up and redial would hang.
"""

from bridge.engine.audio.port import EndpointClass

LINGER_S = 1.0  # 60 ms freed every slot in 150 calls; a second also bridges a swap of calls


class BridgeClock:
    """Owns ``setNoDev`` and ``setNullDev``; all methods for the SIP thread.

    Args:
        endpoint: ``pjsua2.Endpoint``, its library started.
    """

    def __init__(self, endpoint: EndpointClass) -> None:
        self._endpoint = endpoint
        # ``sndIsActive`` says no for the null device: our own flag is the truth.
        self.is_running = False
        self._stop_at_s: float | None = None
        self._endpoint.instance().audDevManager().setNoDev()

    def run(self) -> None:
        """Tick until told otherwise."""
        self._stop_at_s = None
        if not self.is_running:
            self._endpoint.instance().audDevManager().setNullDev()
            self.is_running = True

    def linger(self, now_s: float) -> None:
        """Tick for a moment more, even if it was off, then stop."""
        self.run()
        self._stop_at_s = now_s + LINGER_S

    def remaining_s(self, now_s: float) -> float | None:
        """Return after how many seconds it shall stop, 0 if now, None if not at all."""
        return None if self._stop_at_s is None else max(0.0, self._stop_at_s - now_s)

    def stop(self) -> None:
        """Stop; waits up to 20 ms for the tick under way. Afterwards no port is called any more."""
        self._stop_at_s = None
        if self.is_running:
            self._endpoint.instance().audDevManager().setNoDev()
            self.is_running = False
