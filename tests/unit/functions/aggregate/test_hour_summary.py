"""An hour is of its windows: in whatever order, how often and in how many parts these come."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from functions.aggregate.hour_summary import HourKey, key_of, with_views
from functions.aggregate.store.views import view_of
from functions.aggregate.window_summary import ViewKey, fold
from tests.chaos.oracle import hours_of

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
KEY = HourKey("d", "lux", NOON)
numbers = st.floats(-1e12, 1e12) | st.sampled_from([0.1, -0.0, 1e16, -1e16])


def view(slot: int, values: list[float]) -> dict[str, Any]:
    key = ViewKey("d", "lux", NOON + timedelta(minutes=slot), 60)
    return view_of(key, fold(values))


@given(
    st.dictionaries(st.integers(0, 59), st.lists(numbers, min_size=1, max_size=4), min_size=1),
    st.data(),
)
def test_any_order_and_any_number_of_times_give_what_a_recompute_gives(
    windows: dict[int, list[float]], data: st.DataObject
) -> None:
    final = [view(slot, values) for slot, values in windows.items()]
    earlier = [view(slot, values[:-1]) for slot, values in windows.items() if len(values) > 1]
    parts = data.draw(st.permutations([*final, *earlier, *final]))
    hour = None

    for part in parts:
        hour = with_views(KEY, 60, hour, [part]) or hour

    assert [hour] == list(hours_of(final, 60, 3_600, NOON + timedelta(hours=1)).values())


def test_views_that_an_hour_has_change_nothing() -> None:
    hour = with_views(KEY, 60, None, [view(3, [1.0, 2.0])])

    assert with_views(KEY, 60, hour, [view(3, [1.0, 2.0]), view(3, [1.0])]) is None


def test_a_view_belongs_to_the_hour_in_which_its_window_begins() -> None:
    assert key_of(view(59, [1.0])) == KEY
