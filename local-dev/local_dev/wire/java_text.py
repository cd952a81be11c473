"""Numbers as Java writes them: KafkaSource is Java, and its text reaches the functions.

Double.toString and Float.toString of JDK 19 and newer: the fewest digits that read back the same.
"""

from __future__ import annotations

import math
import struct
from decimal import Decimal

PLAIN_FROM, PLAIN_TO = 1e-3, 1e7  # outside of these Java writes an exponent


def java_double(number: float) -> str:
    """Return Double.toString(number)."""
    return _java_text(number, repr(number))


def java_float(four_bytes: bytes) -> str:
    """Return Float.toString of the big-endian float in `four_bytes`."""
    number: float = struct.unpack(">f", four_bytes)[0]
    if not math.isfinite(number):
        return _java_text(number, "")
    texts = (f"{number:.{digits}e}" for digits in range(9))  # 9 digits tell any two floats apart
    return _java_text(number, next(text for text in texts if _reads_back(text, four_bytes)))


def _reads_back(text: str, four_bytes: bytes) -> bool:
    try:
        return struct.pack(">f", float(text)) == four_bytes
    except OverflowError:  # rounded up past the largest float
        return False


def _java_text(number: float, shortest: str) -> str:
    if math.isnan(number):
        return "NaN"
    sign = "-" if math.copysign(1, number) < 0 else ""
    if math.isinf(number):
        return f"{sign}Infinity"
    if number == 0:
        return f"{sign}0.0"
    _, digits, exponent = Decimal(shortest).as_tuple()
    text = "".join(map(str, digits)).rstrip("0")
    point = len(digits) + int(exponent)  # the number is 0.<digits> times 10 to this
    if PLAIN_FROM <= abs(number) < PLAIN_TO:
        padded = "0" * (1 - point) + text.ljust(point, "0")
        split = max(point, 1)
        return f"{sign}{padded[:split]}.{padded[split:] or '0'}"
    return f"{sign}{text[0]}.{text[1:] or '0'}E{point - 1}"
