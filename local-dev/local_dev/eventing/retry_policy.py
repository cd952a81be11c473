"""What KafkaSource does with a response: pure rules, for the source and `local-dev/invoke`.

The rules are those of eventing-kafka-broker 1.23, WebClientCloudEventSender.java and
RecordDispatcherImpl.java.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from local_dev.manifests.eventing import DeliveryRule

RETRYABLE_CLIENT_ERRORS = frozenset({404, 408, 409, 429})
MAX_POLL_RECORDS = 50  # ConfigMap config-kafka-source-data-plane
MAX_INT32 = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Accepted:
    """The event is done with."""


@dataclass(frozen=True, slots=True)
class TryAgainIn:
    """The same request is sent again after so many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """The event goes to the dead letter sink; without one it is dropped."""

    reason: str
    response_is_reported: bool


Decision = Accepted | TryAgainIn | DeadLetter


def decide(rule: DeliveryRule, attempt: int, status: int | None) -> Decision:
    """Return what follows attempt number `attempt` (from 1) that ended with `status`.

    None is no response: refused, reset, or none within the timeout. Retry-After plays no part.
    A delay of nothing switches the retries off, and the response is then not reported.
    """
    if status is not None and status < 300:  # noqa: PLR2004 - HTTP's border between done and not done
        return Accepted()
    if not is_retryable(status):
        return DeadLetter(f"{status} is not retried", response_is_reported=True)
    if attempt > rule.retry:
        return DeadLetter(f"{rule.retry} retries are used up", response_is_reported=True)
    if not rule.backoff_delay:
        return DeadLetter("backoffDelay 0 switches retries off", response_is_reported=False)
    return TryAgainIn(backoff_s(rule, attempt))


def is_retryable(status: int | None) -> bool:
    """Return whether KafkaSource retries this status; None is no response."""
    return status is None or status >= 500 or status in RETRYABLE_CLIENT_ERRORS  # noqa: PLR2004 - HTTP's server errors


def backoff_s(rule: DeliveryRule, retry: int) -> float:
    """Return the seconds before retry number `retry` (from 1): no jitter, no upper limit."""
    factor = (
        retry if rule.backoff_policy == "linear" else 2**retry
    )  # the first wait is twice the delay
    return rule.backoff_delay.total_seconds() * factor


def max_poll_interval_ms(rule: DeliveryRule) -> int:
    """Return Kafka's max.poll.interval.ms: the longest that two polls' records can take.

    ConsumerVerticleContext.maxProcessingTimeMs.
    """
    backoffs_s = sum(backoff_s(rule, retry) for retry in range(1, rule.retry + 1))
    timeouts_s = rule.timeout.total_seconds() * (rule.retry + 1)
    one_record_s = timeouts_s + backoffs_s + 1.0 * rule.retry
    return min(round(2 * MAX_POLL_RECORDS * one_record_s * 1000), MAX_INT32)
