"""The request of one invocation, and what KafkaSource would do with its response: pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from local_dev.eventing.retry_policy import Accepted, DeadLetter, backoff_s, decide
from local_dev.wire.event_request import TraceContext, event_request
from local_dev.wire.structured_event import read_structured

if TYPE_CHECKING:
    from local_dev.manifests.eventing import DeliveryRule

WAITS_SHOWN = 6
CALLED_BY_DEVICES = {
    202: "queued: a device may forget the reading",
    207: "a part was queued: the device sends none of it again, and looks at its errors",
    422: "nothing was queued: sending the same again will not help",
    503: "nothing is known to be queued: the device sends the same again after Retry-After",
}


@dataclass(frozen=True, slots=True)
class FunctionRequest:
    """A POST: where to under the function's address, with what."""

    path: str
    headers: tuple[tuple[str, str], ...]
    body: bytes


def request_for(function: str, given: bytes, namespace: str) -> FunctionRequest:
    """Return the request for the file's content: a reading for ingest, else a CloudEvent in JSON.

    It is read as KafkaSource reads a record. Raise NotAnEventError where it is no event,
    UnsendableEventError where none could be sent.
    """
    if function == "ingest":
        return FunctionRequest("/ingest", (("content-type", "application/json"),), given)
    request = event_request(read_structured(given), namespace, TraceContext())
    lines = [line for line in request.headers.decode("latin-1").split("\r\n") if line]
    headers = tuple((name, value) for name, _, value in (line.partition(": ") for line in lines))
    return FunctionRequest("/", headers, request.body)


def comment_on(status: int, source: str | None, rule: DeliveryRule | None) -> str:
    """Return what follows this status, the first response to an event.

    `source` and `rule` are the KafkaSource's that delivers to the function; None for ingest.
    """
    if source is None or rule is None:
        return CALLED_BY_DEVICES.get(status, "devices call this function, KafkaSource does not")
    match decide(rule, attempt=1, status=status):
        case Accepted():
            return f"KafkaSource {source}: done; the record's offset can be committed."
        case DeadLetter(reason=reason):
            return f"KafkaSource {source}: to the dead letters at once ({reason})."
        case _:
            return (
                f"KafkaSource {source}: sends it again, up to {rule.retry} times"
                f" (after {_waits(rule)} s), then to the dead letters. Retry-After plays no part."
            )


def _waits(rule: DeliveryRule) -> str:
    waits = [f"{backoff_s(rule, number):g}" for number in range(1, rule.retry + 1)]
    if len(waits) > WAITS_SHOWN:
        waits = [*waits[: WAITS_SHOWN - 1], "...", waits[-1]]
    return ", ".join(waits)
