"""Who may post which readings, and how many: the caller, its devices, and the limits of each."""

import math
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Final, Protocol

from functions.ingest.faults import MAX_FAULTS, Fault
from functions.ingest.rate_limits import RateLimits
from functions.ingest.request_body import Posting, Refused
from shared.auth.credential import token_in
from shared.auth.principal import Principal
from shared.auth.refusal import NotTrusted
from shared.auth.scopes import Scope
from shared.outcomes import Reason, TemporaryError
from shared.readings.reading import Reading
from shared.serving.access import forbidden, unauthenticated
from shared.serving.function import Resource
from shared.serving.http import HttpRequest, HttpResponse, problem, temporary_error_response

_NOT_ALLOWED: Final = Fault(
    "device_id", Reason.NOT_ALLOWED, "is no device that this credential may post for"
)
_RATE_LIMITED: Final = Fault(
    "device_id", Reason.RATE_LIMITED, "sends more readings than one device may; try again later"
)


class Verifier(Resource, Protocol):
    """What tells who calls; it raises NotTrusted or TemporaryError."""

    async def principal_of(self, token: str | None) -> Principal: ...


@dataclass(frozen=True, slots=True)
class Admitted:
    """What is left of a posting, and for how long the devices that sent too much have to wait."""

    posting: Posting
    wait_s: float = 0.0


class Gate:
    """Where a posting is held to its caller and to the limits; either may be absent."""

    def __init__(
        self,
        verifier: Verifier | None,
        limits: RateLimits | None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._verifier = verifier
        self._limits = limits
        self._clock = clock

    async def open(self) -> None:
        if self._verifier is not None:
            await self._verifier.open()

    async def close(self) -> None:
        if self._verifier is not None:
            await self._verifier.close()

    async def caller_of(
        self, request: HttpRequest, token: str | None = None
    ) -> Principal | HttpResponse | None:
        """Return who calls, None where all may, or the 401, 403 or 503 that the request gets.

        `token` is one that stands where only the request's dialect has it, not in Authorization.
        """
        if self._verifier is None:
            return None
        given = token_in(request.header(b"authorization")) or token
        try:
            caller = await self._verifier.principal_of(given)
        except NotTrusted:
            return unauthenticated()
        except TemporaryError as outcome:
            return temporary_error_response(outcome)
        return caller if caller.may(Scope.INGEST) else forbidden(Scope.INGEST)

    def admit(self, posting: Posting, caller: Principal | None) -> Admitted:
        """Return the posting without readings that the caller may not post, or not now."""
        allowed, refused = posting.accepted, list(posting.refused)
        if caller is not None:
            foreign = [one for one in allowed if not caller.may_post_for(one[1].device_id)]
            refused += [Refused(index, [_NOT_ALLOWED]) for index, _ in foreign]
            if foreign:
                allowed = [one for one in allowed if caller.may_post_for(one[1].device_id)]
        waits = self._waits_of(allowed)
        if waits:
            refused += [
                Refused(index, [_RATE_LIMITED]) for index, one in allowed if one.device_id in waits
            ]
            allowed = [one for one in allowed if one[1].device_id not in waits]
        if len(refused) == len(posting.refused):
            return Admitted(posting)
        refused.sort(key=lambda one: one.index)
        left = replace(posting, accepted=allowed, refused=refused)
        return Admitted(left, max(waits.values(), default=0.0))

    def give_back(self, readings: Sequence[Reading]) -> None:
        """Undo what the limits counted: these readings were not queued."""
        if self._limits is not None:
            now = self._clock()
            for device_id, count in Counter(one.device_id for one in readings).items():
                self._limits.give_back(device_id, count, now)

    def headers_of(self, admitted: Admitted) -> Sequence[tuple[str, str]]:
        """Return Retry-After and the RateLimit fields where a device has to wait."""
        if self._limits is None or not admitted.wait_s:
            return ()
        seconds = math.ceil(admitted.wait_s)
        return (
            ("retry-after", str(seconds)),
            ("ratelimit-policy", self._limits.policy),
            ("ratelimit", f'"device";r=0;t={seconds}'),
        )

    def refusal_of(self, admitted: Admitted) -> HttpResponse | None:
        """Return the 429 or 403 of a posting of which nothing is left; None where data is at fault.

        429 where a later try would bring something in; 403 where none ever would.
        """
        refused = admitted.posting.refused
        errors = [_entry(one) for one in refused[:MAX_FAULTS]]
        if admitted.wait_s:
            headers = self.headers_of(admitted)
            detail = f"too many readings of one device; try again after {headers[0][1]} s"
            return problem(HTTPStatus.TOO_MANY_REQUESTS, detail, headers, errors=errors)
        if all(one.faults[0].reason == Reason.NOT_ALLOWED for one in refused):
            detail = "nothing was queued: the credential is for other devices"
            return problem(HTTPStatus.FORBIDDEN, detail, errors=errors)
        return None

    def _waits_of(self, items: Sequence[tuple[int, Reading]]) -> dict[str, float]:
        """Take the readings, and return the seconds to wait of each device that sent too many."""
        if self._limits is None:
            return {}
        now = self._clock()
        counts = Counter(one.device_id for _, one in items)
        waits = {device: self._limits.take(device, count, now) for device, count in counts.items()}
        return {device: wait for device, wait in waits.items() if wait}


def _entry(refused: Refused) -> dict[str, object]:
    fault = refused.faults[0]
    return {
        "index": refused.index,
        "field": fault.field,
        "reason": fault.reason,
        "detail": fault.detail,
    }
