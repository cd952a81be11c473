import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from itertools import chain
from typing import Any

import pytest

from functions.dashboard.queries import indexed_lists
from functions.dashboard.queries.indexed_lists import Filter, Listing, UnindexedFilters
from functions.dashboard.schemas.parameters import AlertParameters, DeadLetterParameters, Paged
from shared.mongo.indexes import INDEXES
from shared.readings.identity import microseconds_of, reading_id_of

ALL = [
    indexed_lists.device_telemetry("d"),
    indexed_lists.aggregates({}),
    indexed_lists.aggregates({"device_id": "d"}),
    indexed_lists.aggregates({"sensor_type": "s"}),
    indexed_lists.aggregates({"device_id": "d", "sensor_type": "s"}),
    indexed_lists.alerts({}),
    indexed_lists.alerts({}, ["active"]),
    indexed_lists.alerts({"severity": "warning"}),
    indexed_lists.alerts({"device_id": "d"}),
    indexed_lists.alerts({"device_id": "d", "severity": "warning"}),
    indexed_lists.alerts({"sensor_type": "s"}),
    indexed_lists.alerts({"sensor_type": "s", "severity": "warning"}),
    indexed_lists.alerts({"rule_id": "r"}),
    indexed_lists.alerts({"device_id": "d"}, ["active", "acknowledged"]),
    indexed_lists.alerts({"device_id": "d", "severity": "warning"}, ["active"]),
    indexed_lists.silences(),
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
    filters = set(chain.from_iterable(listing.any_of))

    assert set(names[: len(filters)]) == filters
    assert names[len(filters)] == listing.time


@pytest.mark.parametrize(
    "at",
    [
        datetime(1, 1, 1, tzinfo=UTC),
        datetime(1969, 12, 31, 23, 59, 59, 999000, tzinfo=UTC),
        datetime(1970, 1, 1, tzinfo=UTC),
        datetime(2026, 1, 31, 12, 0, 0, 1000, tzinfo=UTC),
        datetime(9999, 12, 31, 23, 59, 59, 999000, tzinfo=UTC),
    ],
)
def test_the_ids_of_one_time_are_a_range_for_any_time(at: datetime) -> None:
    wanted: Any = indexed_lists.device_telemetry("d").id_range_at(at)["_id"]

    assert wanted["$gte"] <= reading_id_of(at, "0" * 32) < wanted["$lt"]
    assert wanted["$gte"] <= reading_id_of(at, "f" * 32) < wanted["$lt"]
    later = f"{microseconds_of(at) // 1000 + 1:012x}"
    assert not wanted["$gte"] <= later < wanted["$lt"]


@pytest.mark.parametrize(
    ("list_of", "filters"),
    [
        (indexed_lists.alerts, {"device_id": "d", "sensor_type": "s"}),
        (indexed_lists.alerts, {"rule_id": "r", "severity": "warning"}),
        (indexed_lists.dead_letters, {"stage": "alert", "reason": "r"}),
    ],
)
def test_filters_that_would_scan_history_are_refused_by_name(
    list_of: Callable[[Filter], Listing], filters: Mapping[str, str]
) -> None:
    with pytest.raises(UnindexedFilters, match="these can") as refused:
        list_of(filters)

    assert refused.value.names == list(filters)


def test_a_refusal_names_the_status_only_where_one_was_given() -> None:
    filters = {"rule_id": "r", "device_id": "d"}

    with pytest.raises(UnindexedFilters) as without:
        indexed_lists.alerts(filters)
    with pytest.raises(UnindexedFilters) as with_one:
        indexed_lists.alerts(filters, ["active"])

    assert without.value.names == ["rule_id", "device_id"]
    assert with_one.value.names == ["rule_id", "device_id", "status"]


def test_without_a_status_each_of_them_is_a_branch_of_the_index() -> None:
    (filters,) = indexed_lists.alerts({"device_id": "d"}).any_of

    assert filters["status"] == {"$in": ["acknowledged", "active", "resolved", "retracted"]}


@pytest.mark.parametrize(
    ("list_of", "filters", "parameters"),
    [
        (indexed_lists.alerts, {"device_id": "d", "sensor_type": "s"}, AlertParameters),
        (indexed_lists.dead_letters, {"stage": "alert", "reason": "r"}, DeadLetterParameters),
    ],
)
def test_a_refusal_proposes_parameters_that_the_list_has(
    list_of: Callable[[Filter], Listing], filters: Mapping[str, str], parameters: type[Paged]
) -> None:
    with pytest.raises(UnindexedFilters) as refused:
        list_of(filters)

    proposed = re.split(r"; | and ", str(refused.value).partition("these can: ")[2])
    assert set(proposed) <= set(parameters.model_fields)
