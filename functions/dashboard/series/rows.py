"""A series as rows: a point or a gap each, the same in every format; pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from functions.dashboard.series.formats import Cell, Format, csv_lines, json_text, ndjson_lines
from functions.dashboard.series.gaps import interval_of, with_gaps
from functions.dashboard.series.grid import Grid
from functions.dashboard.series.partials import Partial

_POINT: Final = ("timestamp", "count", "min", "average", "max", "closed")
_COLUMNS: Final = ("device_id", "sensor_type", *_POINT)
Row = tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class SeriesPoints:
    """The points of one sensor of one device, the oldest first."""

    device_id: str
    sensor_type: str
    points: Sequence[Partial]


@dataclass(frozen=True, slots=True)
class SeriesTable:
    """Series in the steps of one grid; `horizon` is the time up to which windows are settled."""

    grid: Grid
    window_seconds: int
    horizon: datetime | None
    series: Sequence[SeriesPoints]

    @property
    def is_settled(self) -> bool:
        """Whether every step is."""
        return self.horizon is not None and self.grid.end <= self.horizon

    def text(self, wanted: Format) -> Iterator[str]:
        """Yield it piece by piece in a format."""
        if wanted == Format.CSV:
            return csv_lines(_COLUMNS, (row for one in self.series for row in self._rows(one)))
        if wanted == Format.NDJSON:
            rows = (row for one in self.series for row in self._rows(one))
            return ndjson_lines(dict(zip(_COLUMNS, row, strict=True)) for row in rows)
        return self._json()

    def _json(self) -> Iterator[str]:
        head = {
            "from": self.grid.start,
            "to": self.grid.end,
            "step_seconds": self.grid.step // timedelta(seconds=1),
            "window_seconds": self.window_seconds,
            "settled_until": self.horizon,
        }
        yield json_text(head).removesuffix("}") + ',"series":['
        for place, one in enumerate(self.series):
            yield ("," if place else "") + json_text(self._series(one))
        yield "]}"

    def _series(self, one: SeriesPoints) -> dict[str, object]:
        interval = interval_of(one.points)
        return {
            "device_id": one.device_id,
            "sensor_type": one.sensor_type,
            "interval_seconds": None if interval is None else interval.total_seconds(),
            "points": [dict(zip(_POINT, row[2:], strict=True)) for row in self._rows(one)],
        }

    def _rows(self, one: SeriesPoints) -> Iterator[Row]:
        source = (one.device_id, one.sensor_type)
        for point in with_gaps(one.points, self.grid.step):
            if isinstance(point, datetime):
                yield (*source, point, 0, None, None, None, self._is_closed(point))
            else:
                values = (point.count, point.min, point.average, point.max)
                yield (*source, point.start, *values, self._is_closed(point.start))

    def _is_closed(self, start: datetime) -> bool:
        return self.horizon is not None and start + self.grid.step <= self.horizon
