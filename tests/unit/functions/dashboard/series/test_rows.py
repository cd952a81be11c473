"""A series is the same points in every format."""

import csv
import io
import json
from datetime import UTC, datetime, timedelta

import pytest

from functions.dashboard.series.formats import Format
from functions.dashboard.series.grid import Grid
from functions.dashboard.series.partials import Partial
from functions.dashboard.series.rows import SeriesPoints, SeriesTable

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
POINTS = [
    Partial(NOON, 60, 20.0, 21.0, (1230.0,)),
    Partial(NOON + MINUTE, 60, 20.0, 22.0, (1260.0,)),
    Partial(NOON + 3 * MINUTE, 2, -1.5, 0.5, (-1.0,)),
]
SERIES = [SeriesPoints("boiler", "temperature_c", POINTS), SeriesPoints("oven", "lux", [])]


def table(horizon: datetime | None = NOON + 2 * MINUTE) -> SeriesTable:
    return SeriesTable(Grid(NOON, NOON + 5 * MINUTE, MINUTE), 60, horizon, SERIES)


def test_json_says_the_steps_and_each_series_with_its_gap() -> None:
    shown = json.loads("".join(table().text(Format.JSON)))

    points = shown["series"][0].pop("points")
    assert shown == {
        "from": "2026-01-31T12:00:00.000Z",
        "to": "2026-01-31T12:05:00.000Z",
        "step_seconds": 60,
        "window_seconds": 60,
        "settled_until": "2026-01-31T12:02:00.000Z",
        "series": [
            {"device_id": "boiler", "sensor_type": "temperature_c", "interval_seconds": 1.5},
            {"device_id": "oven", "sensor_type": "lux", "interval_seconds": None, "points": []},
        ],
    }
    assert [tuple(point.values()) for point in points] == [
        ("2026-01-31T12:00:00.000Z", 60, 20.0, 20.5, 21.0, True),
        ("2026-01-31T12:01:00.000Z", 60, 20.0, 21.0, 22.0, True),
        ("2026-01-31T12:02:00.000Z", 0, None, None, None, False),
        ("2026-01-31T12:03:00.000Z", 2, -1.5, -0.5, 0.5, False),
    ]


def test_csv_has_the_same_points() -> None:
    rows = list(csv.DictReader(io.StringIO("".join(table().text(Format.CSV)), newline="")))

    source = ("boiler", "temperature_c")
    assert [tuple(row.values()) for row in rows] == [
        (*source, "2026-01-31T12:00:00.000Z", "60", "20.0", "20.5", "21.0", "true"),
        (*source, "2026-01-31T12:01:00.000Z", "60", "20.0", "21.0", "22.0", "true"),
        (*source, "2026-01-31T12:02:00.000Z", "0", "", "", "", "false"),
        (*source, "2026-01-31T12:03:00.000Z", "2", "-1.5", "-0.5", "0.5", "false"),
    ]  # fmt: skip


def test_ndjson_has_the_same_points_with_their_source() -> None:
    shown = json.loads("".join(table().text(Format.JSON)))["series"][0]
    lines = [json.loads(line) for line in "".join(table().text(Format.NDJSON)).splitlines()]

    source = {"device_id": "boiler", "sensor_type": "temperature_c"}
    assert lines == [{**source, **point} for point in shown["points"]]


@pytest.mark.parametrize(
    ("horizon", "is_settled"),
    [(None, False), (NOON + 4 * MINUTE, False), (NOON + 5 * MINUTE, True)],
)
def test_a_range_is_settled_when_all_of_it_is(
    horizon: datetime | None,
    *,
    is_settled: bool,
) -> None:
    assert table(horizon).is_settled == is_settled


def test_before_the_first_refresh_no_point_is_closed() -> None:
    shown = json.loads("".join(table(None).text(Format.JSON)))

    assert shown["settled_until"] is None
    assert {point["closed"] for point in shown["series"][0]["points"]} == {False}
