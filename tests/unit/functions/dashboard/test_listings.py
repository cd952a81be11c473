from collections.abc import Callable, Mapping
from itertools import chain

import pytest

from functions.dashboard.queries import indexed_lists
from functions.dashboard.queries.indexed_lists import Filter, Listing, UncarriedFilters
from shared.mongo.indexes import INDEXES

ALL = [
    indexed_lists.device_telemetry("d"),
    indexed_lists.devices(),
    indexed_lists.aggregates({}),
    indexed_lists.aggregates({"device_id": "d"}),
    indexed_lists.aggregates({"sensor_type": "s"}),
    indexed_lists.aggregates({"device_id": "d", "sensor_type": "s"}),
    indexed_lists.alerts({}),
    indexed_lists.alerts({"status": "active"}),
    indexed_lists.alerts({"severity": "warning"}),
    indexed_lists.alerts({"device_id": "d"}),
    indexed_lists.alerts({"device_id": "d", "severity": "warning"}),
    indexed_lists.alerts({"sensor_type": "s"}),
    indexed_lists.alerts({"sensor_type": "s", "severity": "warning"}),
    indexed_lists.dead_letters({}),
    indexed_lists.dead_letters({"status": "open"}),
    indexed_lists.dead_letters({"stage": "alert"}),
    indexed_lists.dead_letters({"stage": "alert", "status": "open"}),
    indexed_lists.dead_letters({"reason": "r"}),
    indexed_lists.dead_letters({"reason": "r", "status": "open"}),
]


@pytest.mark.parametrize("listing", ALL)
def test_every_list_names_an_index_that_is_made_at_start(listing: Listing) -> None:
    made = [index.document["key"] for index in INDEXES[listing.collection]]

    assert dict(listing.index or ()) in made


@pytest.mark.parametrize("listing", ALL)
def test_the_index_holds_the_filters_before_the_time(listing: Listing) -> None:
    names = [name for name, _ in listing.index or ()]
    asked = set(chain.from_iterable(listing.any_of))

    assert set(names[: len(asked)]) == asked
    assert names[len(asked)] == listing.time


@pytest.mark.parametrize(
    ("list_of", "filters"),
    [
        (indexed_lists.alerts, {"device_id": "d", "status": "active"}),
        (indexed_lists.alerts, {"device_id": "d", "sensor_type": "s"}),
        (indexed_lists.alerts, {"severity": "warning", "status": "active"}),
        (indexed_lists.dead_letters, {"stage": "alert", "reason": "r"}),
    ],
)
def test_filters_that_would_scan_history_are_refused_by_name(
    list_of: Callable[[Filter], Listing], filters: Mapping[str, str]
) -> None:
    with pytest.raises(UncarriedFilters, match="these can") as refused:
        list_of(filters)

    assert refused.value.names == list(filters)
