"""The PIN of a room's settings: its hash, and how often it may be tried.

Six digits are guessed in a moment by a program and never by a person who gets five tries: so wrong
ones are counted, across sessions, and after ``TRIES`` each further one costs a wait that doubles.
Times are monotonic: setting the clock opens nothing. A restart forgets the wait, not the count: it
starts with the longest wait that the count has earned.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass, replace

SHORTEST, LONGEST = 4, 64  # characters

TRIES = 5  # wrong ones without a wait: a person mistypes, and knows the PIN
FIRST_WAIT_S = 30.0
LONGEST_WAIT_S = 3600.0

_LOG_N, _R, _P = 15, 8, 1
"""scrypt with 32 MiB and about 0.1 s on a Raspberry Pi (RFC 7914 gives N=2^14 for interactive
use in 2009; memory is what makes guessing of a stolen file dear)."""


def hash_of(pin: str) -> str:
    """Return what is kept of a PIN: ``scrypt$LOG_N$R$P$SALT$HASH``. Takes about 0.1 s."""
    salt = secrets.token_bytes(16)
    found = _scrypt(pin, salt, _LOG_N, _R, _P)
    return f"scrypt${_LOG_N}${_R}${_P}${salt.hex()}${found.hex()}"


def is_pin(pin: str, kept: str) -> bool:
    """Say whether this is the PIN; compares in constant time. Takes about 0.1 s.

    Raises:
        ValueError: ``kept`` is of another form (checked when the configuration is read).
    """
    _, log_n, r, p, salt, wanted = kept.split("$")
    if not 1 <= int(log_n) <= 18 or not 1 <= int(r) <= 32 or not 1 <= int(p) <= 16:
        raise ValueError("found a PIN hash that would take all memory, expected one of ours")
    found = _scrypt(pin[:LONGEST], bytes.fromhex(salt), int(log_n), int(r), int(p))
    return hmac.compare_digest(found, bytes.fromhex(wanted))


def _scrypt(pin: str, salt: bytes, log_n: int, r: int, p: int) -> bytes:
    n = 2**log_n
    memory = 256 * n * r * p  # twice what it takes
    return hashlib.scrypt(pin.encode(), salt=salt, n=n, r=r, p=p, maxmem=memory, dklen=32)


def is_same(said: str, wanted: str) -> bool:
    """Say whether two words are the same, in constant time."""
    return hmac.compare_digest(said.encode("utf-8", "replace"), wanted.encode())


@dataclass(frozen=True, slots=True)
class Tries:
    """How often the PIN was wrong.

    Args:
        failures: since it was right last.
        shut_until_s: no try counts before, monotonic seconds.
    """

    failures: int = 0
    shut_until_s: float = float("-inf")

    def wait_s(self, now_s: float) -> float:
        """Return how long nothing is tried; 0 = try."""
        return max(0.0, self.shut_until_s - now_s)

    def wrong(self, now_s: float) -> "Tries":
        """Return the count with one more."""
        failures = self.failures + 1
        return replace(self, failures=failures, shut_until_s=now_s + _wait(failures))


def tries_after_restart(failures: int, now_s: float) -> Tries:
    """Return the count as it was, with its wait begun anew."""
    return Tries(failures, now_s + _wait(failures))


def _wait(failures: int) -> float:
    if failures < TRIES:
        return 0.0
    return min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** min(failures - TRIES, 10))
