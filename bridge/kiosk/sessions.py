"""Sessions of the page: how they begin, what they may, when they end.

A session begins with a launch token (once, within a minute, on this machine: whoever can ask the
daemon's control socket for one is its owner) or with a configured token. Its cookie is kept as a
digest. Sessions of a room's screen do not end: what ends is what somebody did with them. So the
screen can call an emergency number at any time, also after a restart and after it was logged off.

Pure: monotonic seconds are passed in.
"""

import hashlib
import hmac
import secrets
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from bridge.kiosk.rights import Right, rights_of
from bridge.model.page import KeptSession, KioskSettings, PageToken, Role, Screen

LAUNCH_S = 60.0  # a browser on a Raspberry Pi takes 20 s to start
MOST_LAUNCHES = 8
MOST_SESSIONS = 64
MOST_ROOMS = 4  # screens of one machine; each start of a browser begins a session

DESK_S = 30 * 86_400.0  # without being used
REMOTE_S = 12 * 3600.0  # a working day; a forgotten browser elsewhere is logged off overnight
RAISED_S = 300.0

_CHARACTERS = 43  # of a token of 32 bytes


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody who looks at the page.

    Args:
        digest: SHA-256 of its cookie, hex; names it.
        screen: where.
        name: of the token it began with; empty = on this machine.
        role: what it may.
        until_s: monotonic seconds when it ends.
        raised_until_s: the PIN counts so long.
        user: number of the Unix user whose browser it is, where it is on this machine.
    """

    digest: str = field(repr=False)
    screen: Screen
    name: str = ""
    role: Role = Role.USER
    until_s: float = float("inf")
    raised_until_s: float = float("-inf")
    user: int | None = None

    def is_raised(self, now_s: float) -> bool:
        """Say whether the PIN counts now."""
        return now_s < self.raised_until_s

    def rights(self, kiosk: KioskSettings, now_s: float) -> frozenset[Right]:
        """Return what it may do now."""
        return rights_of(self.role, self.screen, kiosk, raised=self.is_raised(now_s))


def digest_of(cookie: str) -> str:
    """Return what is kept of a cookie or token."""
    return hashlib.sha256(cookie.encode("utf-8", "replace")).hexdigest()


def proof_of(cookie: str) -> str:
    """Return what a page has to know besides the cookie (CSRF), made of it: nothing to keep."""
    return hashlib.sha256(b"proof " + cookie.encode("utf-8", "replace")).hexdigest()[:32]


class Sessions:
    """All of them.

    Args:
        tokens: of the configuration.
        draw: makes a secret of 256 bits.
    """

    def __init__(
        self,
        tokens: tuple[PageToken, ...],
        draw: Callable[[], str] = lambda: secrets.token_urlsafe(32),
    ) -> None:
        self._tokens = tokens
        self._draw = draw
        self._launches: OrderedDict[str, tuple[float, Screen]] = OrderedDict()  # digest: until
        self._sessions: OrderedDict[str, Session] = OrderedDict()  # least used first
        self._held: dict[str, Session] = {}  # of programs that show their token each time

    # -- beginning ------------------------------------------------------------

    def launch(self, screen: Screen, now_s: float) -> str:
        """Return a token that begins a session on this machine once, within ``LAUNCH_S``."""
        token = self._draw()
        self._launches[digest_of(token)] = (now_s + LAUNCH_S, screen)
        if len(self._launches) > MOST_LAUNCHES:
            self._launches.popitem(last=False)
        return token

    def begin_here(self, token: str, now_s: float, user: int | None = None) -> str | None:
        """Begin the session of a launch token; return its cookie, None if it is none.

        Args:
            token: as it came.
            now_s: monotonic seconds.
            user: number of the Unix user whose browser sent it, None where it cannot be told.
        """
        until_s, screen = self._launches.pop(digest_of(token), (float("-inf"), Screen.DESK))
        if now_s >= until_s:
            return None
        role = Role.ADMINISTRATOR if screen is Screen.DESK else Role.USER
        ends_s = now_s + DESK_S if screen is Screen.DESK else float("inf")
        return self._begin(Session("", screen, "", role, ends_s, user=user))

    def begin_with(self, token: str, now_s: float) -> str | None:
        """Begin the session of a configured token; return its cookie, None if it is none."""
        found = self.holder(token)
        if found is None:
            return None
        session = Session("", Screen.REMOTE, found.name, found.role, now_s + REMOTE_S)
        return self._begin(session)

    def holder(self, token: str) -> PageToken | None:
        """Return whose token this is; every one is compared, in constant time."""
        digest = bytes.fromhex(digest_of(token))
        same = [one for one in self._tokens if hmac.compare_digest(one.digest, digest)]
        return same[0] if same else None

    def held(self, token: PageToken) -> Session:
        """Return the session of a program that shows its token with each request."""
        session = Session(f"token {token.name}", Screen.REMOTE, token.name, token.role)
        self._held[session.digest] = session
        return session

    def _begin(self, session: Session) -> str:
        cookie = self._draw()
        digest = digest_of(cookie)
        self._sessions[digest] = replace(session, digest=digest)
        rooms = [d for d, one in self._sessions.items() if one.screen is Screen.KIOSK]
        others = [d for d, one in self._sessions.items() if one.screen is not Screen.KIOSK]
        for least_used in (*rooms[:-MOST_ROOMS], *others[:-MOST_SESSIONS]):
            del self._sessions[least_used]
        return cookie

    # -- using ----------------------------------------------------------------

    def find(self, cookie: str, now_s: float) -> Session | None:
        """Return the session of a cookie, None if there is none or it has ended."""
        if len(cookie) != _CHARACTERS:
            return None
        session = self._sessions.get(digest_of(cookie))
        if session is None:
            return None
        if now_s >= session.until_s:
            del self._sessions[session.digest]
            return None
        if session.screen is Screen.DESK:
            session = replace(session, until_s=now_s + DESK_S)
        self._sessions[session.digest] = session
        self._sessions.move_to_end(session.digest)
        return session

    def current(self, digest: str) -> Session | None:
        """Return a session as it is now."""
        return self._sessions.get(digest) or self._held.get(digest)

    @property
    def all(self) -> tuple[Session, ...]:
        """All sessions that began with a log-in."""
        return tuple(self._sessions.values())

    def raise_(self, session: Session, until_s: float) -> Session:
        """Let the PIN count for a while."""
        raised = replace(session, raised_until_s=until_s)
        self._sessions[session.digest] = raised
        return raised

    def end(self, session: Session) -> Session | None:
        """Log off: what is left is a room's screen as nobody has touched it, or nothing."""
        if session.screen is Screen.KIOSK:
            return self.raise_(session, float("-inf"))
        self._sessions.pop(session.digest, None)
        return None

    # -- over a restart -------------------------------------------------------

    def kept(self, now_s: float, unix_ms: int) -> tuple[KeptSession, ...]:
        """Return what has to outlive a restart."""
        return tuple(
            KeptSession(
                one.digest,
                one.screen,
                one.name,
                one.role,
                0 if one.until_s == float("inf") else unix_ms + round((one.until_s - now_s) * 1000),
                -1 if one.user is None else one.user,
            )
            for one in self._sessions.values()
            if one.until_s > now_s
        )

    def restore(self, kept: tuple[KeptSession, ...], now_s: float, unix_ms: int) -> None:
        """Take up what was kept; a token that is no longer configured has no session."""
        roles = {token.name: token.role for token in self._tokens}
        for one in kept:
            if one.screen is Screen.REMOTE and roles.get(one.name) is not one.role:
                continue
            left_s = (one.until_ms - unix_ms) / 1000 if one.until_ms else float("inf")
            longest_s = {Screen.DESK: DESK_S, Screen.REMOTE: REMOTE_S}.get(one.screen, left_s)
            if left_s > 0:
                self._sessions[one.digest] = Session(
                    one.digest,
                    one.screen,
                    one.name,
                    one.role,
                    now_s + min(left_s, longest_s),  # the clock may not have been set
                    user=None if one.user < 0 else one.user,
                )
