from collections.abc import Callable, Mapping
from itertools import chain

import pytest

from functions.dashboard import listings
from functions.dashboard.listings import Filter, Listing, UncarriedFilters
from shared import mongo

ALL = [
    listings.device_telemetry("d"),
    listings.devices(),
    listings.aggregates({}),
    listings.aggregates({"device_id": "d"}),
    listings.aggregates({"sensor_type": "s"}),
    listings.aggregates({"device_id": "d", "sensor_type": "s"}),
    listings.alerts({}),
    listings.alerts({"status": "active"}),
    listings.alerts({"severity": "warning"}),
    listings.alerts({"device_id": "d"}),
    listings.alerts({"device_id": "d", "severity": "warning"}),
    listings.alerts({"sensor_type": "s"}),
    listings.alerts({"sensor_type": "s", "severity": "warning"}),
    listings.dead_letters({}),
    listings.dead_letters({"status": "open"}),
    listings.dead_letters({"stage": "alert"}),
    listings.dead_letters({"stage": "alert", "status": "open"}),
    listings.dead_letters({"reason": "r"}),
    listings.dead_letters({"reason": "r", "status": "open"}),
]


@pytest.mark.parametrize("listing", ALL)
def test_every_list_names_an_index_that_is_made_at_start(listing: Listing) -> None:
    made = [index.document["key"] for index in mongo._INDEXES[listing.collection]]

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
        (listings.alerts, {"device_id": "d", "status": "active"}),
        (listings.alerts, {"device_id": "d", "sensor_type": "s"}),
        (listings.alerts, {"severity": "warning", "status": "active"}),
        (listings.dead_letters, {"stage": "alert", "reason": "r"}),
    ],
)
def test_filters_that_would_scan_history_are_refused_by_name(
    list_of: Callable[[Filter], Listing], filters: Mapping[str, str]
) -> None:
    with pytest.raises(UncarriedFilters, match="these can") as refused:
        list_of(filters)

    assert refused.value.names == list(filters)
