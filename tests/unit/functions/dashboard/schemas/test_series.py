"""The parameters of a series: defaults, several names in one, and what is refused."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from functions.dashboard.schemas.series import ManySeriesParameters, SeriesParameters

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


def parameters(**given: Any) -> SeriesParameters:
    return SeriesParameters.model_validate({"sensor": "lux", **given})


def test_without_a_range_it_is_the_last_hour() -> None:
    assert parameters().moments == (timedelta(hours=-1), timedelta(0))


def test_a_range_is_read_in_any_form() -> None:
    given = {"from": "1769860800", "to": "now"}

    assert parameters(**given).moments == (NOON, timedelta(0))


@pytest.mark.parametrize(
    ("given", "is_fixed"),
    [
        ({"from": "2026-01-31T12:00:00Z", "to": "2026-01-31T13:00:00Z"}, True),
        ({"from": "2026-01-31T12:00:00Z"}, False),
        ({"to": "2026-01-31T12:00:00Z"}, False),
        ({"from": "-6h", "to": "-1h"}, False),
    ],
)
def test_a_range_is_fixed_where_neither_end_moves(given: dict[str, str], *, is_fixed: bool) -> None:
    assert parameters(**given).is_fixed == is_fixed


def test_several_names_are_taken_once_each_in_their_order() -> None:
    query = ManySeriesParameters.model_validate({"sensor": "lux,co2,lux", "device_id": "b,a,-c"})

    assert query.sensors == ("lux", "co2")
    assert query.device_ids == ("b", "a", "-c")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("sensor", ""),
        ("sensor", "lux,"),
        ("sensor", "lux, co2"),
        ("sensor", ",".join(f"s{n}" for n in range(11))),
        ("device_id", "a b"),
        ("device_id", ",".join(f"d{n}" for n in range(21))),
        ("max_points", "1"),
        ("max_points", "11001"),
        ("step", "0s"),
        ("step", "90"),
        ("from", "yesterday"),
        ("format", "parquet"),
        ("limit", "1"),
    ],
)
def test_what_is_wrong_is_refused_by_name(name: str, value: str) -> None:
    given = {"sensor": "lux", "device_id": "a", name: value}

    with pytest.raises(ValidationError) as refused:
        ManySeriesParameters.model_validate(given)

    assert [error["loc"][0] for error in refused.value.errors()] == [name]
