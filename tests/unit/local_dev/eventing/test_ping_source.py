"""When a PingSource sends, and what."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from local_dev.eventing.ping_source import PingSource, seconds_to_next
from local_dev.wire.cloud_event import Event
from tests.support.manifests import a_ping, a_reference

NOW = datetime(2026, 1, 31, 12, 3, 20, 500_000, tzinfo=UTC)


class Nowhere:
    url = "http://nowhere"


@pytest.mark.parametrize(
    ("every_minutes", "seconds"), [(10, 399.5), (1, 39.5), (4, 39.5), (59, 3339.5), (45, 2499.5)]
)
def test_a_ping_waits_for_the_next_minute_of_its_schedule(
    every_minutes: int, seconds: float
) -> None:
    assert seconds_to_next(NOW, every_minutes) == seconds


def test_a_schedule_starts_anew_with_each_hour() -> None:
    late = NOW.replace(minute=50)

    assert seconds_to_next(late, 45) == 9 * 60 + 39.5


def test_a_ping_says_who_it_is() -> None:
    ping = a_ping("refresh", "*/10 * * * *", a_reference("aggregate"))
    source = PingSource(ping, "telemetry", Nowhere(), print)  # type: ignore[arg-type]  # nothing is sent

    event = Event.of(source.event(NOW, "id-1"))

    assert (event.content_type, event.data) == ("application/json", b"{}")
    assert event.attributes == {
        "specversion": "1.0",
        "id": "id-1",
        "source": "/apis/v1/namespaces/telemetry/pingsources/refresh",
        "type": "dev.knative.sources.ping",
        "time": "2026-01-31T12:03:20.500000Z",
    }
