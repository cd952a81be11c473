"""The list of what is revoked: token ids, and devices with all tokens up to a time; pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.auth.devices import Devices, is_pattern
from shared.auth.issuers import AuthFileError
from shared.times import read_time


@dataclass(frozen=True, slots=True)
class Revocations:
    """Token ids; and device patterns with the time (seconds) up to which tokens are revoked."""

    token_ids: frozenset[str] = frozenset()
    devices: Mapping[str, float] | None = None

    def devices_of(self, issued_at: float) -> Devices:
        """Return the devices that a token issued at this time may not post for."""
        given = (self.devices or {}).items()
        return Devices(pattern for pattern, until in given if issued_at <= until)


def read_revocations(text: str) -> Revocations:
    """Return the list of a text: a line is `TOKEN_ID`, or `DEVICES <= TIME`; `#` begins a comment.

    Raise AuthFileError with the line that is neither: to skip it would leave a token in use.
    """
    token_ids: set[str] = set()
    devices: dict[str, float] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        entry = line.partition("#")[0].strip()
        pattern, is_of_devices, time = (part.strip() for part in entry.partition("<="))
        if is_of_devices:
            devices[pattern] = max(_until(pattern, time, number), devices.get(pattern, 0.0))
        elif " " in entry:
            raise AuthFileError(f"line {number}: must be a token id, or DEVICES <= TIME")
        elif entry:
            token_ids.add(entry)
    return Revocations(frozenset(token_ids), devices)


def _until(pattern: str, time: str, number: int) -> float:
    if not is_pattern(pattern):
        raise AuthFileError(f"line {number}: {pattern!r} is no device id, nor a beginning with *")
    try:
        return read_time(time).timestamp()
    except ValueError as error:
        raise AuthFileError(f"line {number}: {error}") from None
