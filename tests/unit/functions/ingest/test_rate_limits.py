"""How many readings of one device are taken."""

from hypothesis import given
from hypothesis import strategies as st

from functions.ingest.rate_limits import MAX_BUCKETS, RateLimits


def test_a_device_may_send_its_burst_at_once_and_then_at_its_rate() -> None:
    limits = RateLimits(rate=2, burst=3)

    taken = [limits.take("a", 1, now) for now in (0.0, 0.0, 0.0, 0.0, 0.25, 0.5)]

    assert taken == [0, 0, 0, 0.5, 0.25, 0]


def test_a_batch_may_overdraw_a_bucket_and_has_to_be_made_up_for() -> None:
    limits = RateLimits(rate=10, burst=5)

    assert limits.take("a", 105, 0.0) == 0
    assert limits.take("a", 1, 0.0) == 10.1
    assert limits.take("a", 1, 10.1) == 0


def test_devices_do_not_share_a_bucket() -> None:
    limits = RateLimits(rate=1, burst=1)

    assert [limits.take(device, 1, 0.0) for device in ("a", "b", "a")] == [0, 0, 1]


def test_a_pause_earns_no_more_than_the_burst() -> None:
    limits = RateLimits(rate=1, burst=2)
    limits.take("a", 1, 0.0)

    assert [limits.take("a", 1, 1_000.0) for _ in range(3)] == [0, 0, 1]


def test_what_was_not_queued_is_given_back() -> None:
    limits = RateLimits(rate=1, burst=2)
    limits.take("a", 2, 0.0)

    limits.give_back("a", 2, 0.0)

    assert limits.take("a", 1, 0.0) == 0


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(1, 5)), max_size=50))
def test_over_any_time_no_more_is_taken_than_rate_and_burst_and_one_batch(
    requests: list[tuple[int, int]],
) -> None:
    seconds = sum(pause for pause, _ in requests)

    assert taken_of(requests, RateLimits(rate=1, burst=4)) <= 4 + seconds + 5


def taken_of(requests: list[tuple[int, int]], limits: RateLimits) -> int:
    now, taken = 0.0, 0
    for pause, readings in requests:
        now += pause
        taken += 0 if limits.take("a", readings, now) else readings
    return taken


def test_however_many_devices_there_are_only_the_last_ones_are_counted() -> None:
    limits = RateLimits(rate=1, burst=2)

    send_once_each(limits, 0, 3 * MAX_BUCKETS)

    assert len(limits) == MAX_BUCKETS


def send_once_each(limits: RateLimits, first: int, last: int) -> None:
    for number in range(first, last):
        limits.take(f"device-{number}", 1, 0.0)


def test_the_policy_says_how_many_and_in_which_time() -> None:
    assert RateLimits(rate=0.5, burst=10).policy == '"device";q=10;w=20'
