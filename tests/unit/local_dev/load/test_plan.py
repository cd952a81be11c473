"""The load generator's plan and its account."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_dev.load.plan import SendingPlan, Tally, percentile


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
