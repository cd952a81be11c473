"""The retry part of a KafkaSource's `delivery` block."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class DeliveryRule:
    """The `delivery` block of a KafkaSource, complete, in seconds; `timeout_s` is per attempt."""

    retry: int
    backoff_policy: Literal["linear", "exponential"]
    backoff_delay_s: float
    timeout_s: float
