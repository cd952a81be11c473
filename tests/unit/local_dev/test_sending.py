"""The load generator's devices and its account."""

import json
import random
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.ingest.request_body import Posting, posting_of
from local_dev.load.device import FAULTS, Shares, SimulatedDevice
from local_dev.load.plan import SendingPlan, Tally, percentile

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)


def device(seed: int = 1) -> SimulatedDevice:
    return SimulatedDevice(7, "session", random.Random(seed))


def posted(readings: list[dict[str, object]]) -> Posting:
    return posting_of(json.dumps(readings).encode(), NOW, None, lambda: "nonce")


def test_ingest_takes_what_a_simulated_device_sends() -> None:
    simulated = device()

    posting = posted([simulated.reading(NOW, Shares()) for _ in range(200)])

    assert posting.refused == []
    assert len({reading.reading_id for _, reading in posting.accepted}) == 200


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_ingest_refuses_each_fault(fault: dict[str, object]) -> None:
    posting = posted([device().reading(NOW, Shares()) | fault])

    assert [one.field for item in posting.refused for one in item.faults] == list(fault)


def test_a_share_of_one_makes_every_reading_bad() -> None:
    simulated = device()

    posting = posted([simulated.reading(NOW, Shares(bad=1)) for _ in range(50)])

    assert len(posting.refused) == 50


def test_a_breach_is_above_the_usual_threshold_and_taken() -> None:
    simulated = device()

    posting = posted([simulated.reading(NOW, Shares(breach=1)) for _ in range(50)])

    assert posting.refused == []
    assert all(
        reading.temperature_c > 50 for _, reading in posting.accepted if reading.temperature_c
    )


@pytest.mark.parametrize(("share", "twice"), [(0, False), (1, True)])
def test_a_request_is_sent_twice_by_its_share(share: float, *, twice: bool) -> None:
    assert device().sends_twice(Shares(duplicates=share)) is twice


def test_a_batch_has_as_many_readings_a_second_as_single_requests() -> None:
    assert SendingPlan("", devices=1, rps=2.0, batch=10).interval_s == pytest.approx(5)


@pytest.mark.parametrize(
    ("status", "body", "counted"),
    [
        (202, b"{}", (5, 0, 0)),
        (422, b"{}", (0, 5, 0)),
        (207, b'{"accepted": 3, "rejected": 2}', (3, 2, 0)),
        (503, b"", (0, 0, 5)),
        (413, b"", (0, 0, 5)),
    ],
)
def test_readings_are_counted_by_ingests_response(
    status: int, body: bytes, counted: tuple[int, int, int]
) -> None:
    tally = Tally(sent=5)

    tally.responded(5, status, body, latency_s=0.01)

    assert (tally.accepted, tally.rejected, tally.failed) == counted


def test_the_summary_names_failures_and_what_got_no_response() -> None:
    tally = Tally(sent=10)
    tally.responded(5, 202, b"", latency_s=0.012)
    tally.responded(2, 503, b"", latency_s=1.5)

    summary = tally.summary(elapsed_s=2.0)

    assert "sent      10 readings in 2.0 s" in summary
    assert "1 requests: status 503" in summary
    assert "open      3 without a response" in summary
    assert "p50 12.0 ms, p95 1500.0 ms" in summary


def test_the_progress_line_has_the_rate() -> None:
    assert Tally(sent=50).progress(elapsed_s=10).endswith("5/s")


@given(st.lists(st.floats(0, 1e6), min_size=1), st.floats(1, 100))
def test_a_percentile_is_a_value_that_enough_values_do_not_exceed(
    values: list[float], percent: float
) -> None:
    found = percentile(values, percent)

    assert found in values
    assert sum(value <= found for value in values) >= len(values) * percent / 100
