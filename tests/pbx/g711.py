"""G.711 samples and tones, 8000 samples a second."""

import math

RATE_HZ = 8000
PCMU, PCMA = 0, 8  # RTP payload types
SILENCE = {PCMU: 0xFF, PCMA: 0xD5}


def linear_to_ulaw(sample: int) -> int:
    """One 16-bit sample as mu-law."""
    sign = 0x80 if sample < 0 else 0
    mag = min(abs(sample), 32635) + 132
    exp = max(mag.bit_length() - 8, 0)
    return ~(sign | exp << 4 | (mag >> (exp + 3)) & 0x0F) & 0xFF


def linear_to_alaw(sample: int) -> int:
    """One 16-bit sample as A-law."""
    mask = 0xD5 if sample >= 0 else 0x55
    mag = min((sample if sample >= 0 else -sample - 1) >> 3, 0x0FFF)
    seg = max(mag.bit_length() - 5, 0)
    return (seg << 4 | (mag >> max(seg, 1)) & 0x0F) ^ mask


def tone(freq_hz: float, length_ms: int, payload: int, level: int = 8000) -> bytes:
    """A sine, or silence for 0 Hz."""
    count = RATE_HZ // 1000 * length_ms
    if not freq_hz:
        return bytes([SILENCE[payload]]) * count
    encode = linear_to_alaw if payload == PCMA else linear_to_ulaw
    step = 2 * math.pi * freq_hz / RATE_HZ
    return bytes(encode(int(level * math.sin(step * i))) for i in range(count))
