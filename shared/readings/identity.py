"""The identity of a reading: ingest gives it, everything else relies on it.

A reading's id is its event time in milliseconds (12 hex digits, so ids sort by time) followed by a
128-bit digest (32 hex digits) of what the device sent: device, time if it gave one, its own id if
it gave one, values, position. Equal ids therefore mean equal content, and a reading sent twice has
one id.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from hashlib import blake2b

ID_LENGTH = 44
TIME_LENGTH = 12
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_MILLISECOND = timedelta(milliseconds=1)


def digest_of(
    device_id: str,
    ts: datetime | None,
    client_id: str | None,
    values: Mapping[str, float],
    position: tuple[float | None, float | None],
) -> str:
    """Return 32 hex digits (BLAKE2b, 128 bit) of the canonical form of what the device sent.

    Canonical: microseconds since 1970 for the time (so `Z` and `+00:00` are one), sensors sorted by
    name, numbers as the shortest text that reads back as the same double (1 and 1.0 are one),
    -0.0 as 0.0. `ts` is None where the device gave no time: then the digest does not depend on
    when it came.
    """
    sent_ts = "" if ts is None else str(microseconds_of(ts))
    sensors = "|".join([f"{name}={_plain(values[name])!r}" for name in sorted(values)])
    lat, lon = ("" if number is None else repr(_plain(number)) for number in position)
    # Neither `|` nor `=` can stand in a part, so different content is different text. "1": version.
    text = f"1|{device_id}|{sent_ts}|{client_id or ''}|{lat}|{lon}|{sensors}"
    return blake2b(text.encode(), digest_size=16).hexdigest()


def reading_id_of(ts: datetime, digest: str) -> str:
    """Return a reading's id: its event time in ms as 12 hex digits, then its content's digest."""
    return f"{microseconds_of(ts) // 1000:012x}{digest}"


def first_id_at(ts: datetime) -> str:
    """Return the smallest id of a reading at `ts` or later: the start of a range of ids."""
    return f"{microseconds_of(ts) // 1000:012x}"


def time_in_id(reading_id: str) -> datetime:
    """Return the event time of a reading in whole milliseconds, with which its id begins."""
    return EPOCH + int(reading_id[:TIME_LENGTH], 16) * _MILLISECOND


def microseconds_of(ts: datetime) -> int:
    """Return whole microseconds from 1970 to the aware time `ts`."""
    return (ts - EPOCH) // _MICROSECOND


def _plain(number: float) -> float:
    return float(number) + 0.0  # -0.0 + 0.0 is 0.0
