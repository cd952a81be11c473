"""The steps of a series: whole multiples of a window, counted from 1970; pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from functions.dashboard.series.partials import step_start
from shared.readings.windows import HOUR, hour_of

_LEAST = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Grid:
    """Steps from `start` on and before `end`; both are edges of steps, and aware UTC."""

    start: datetime
    end: datetime
    step: timedelta

    @property
    def points(self) -> int:
        """How many steps there are."""
        return (self.end - self.start) // self.step


def grid_of(start: datetime, end: datetime, step: timedelta) -> Grid:
    """Return the steps that hold every moment from `start` on and before `end`."""
    first, last = step_start(start, step), step_start(end, step)
    return Grid(first, last if last == end else last + step, step)


def fitting_grid(start: datetime, end: datetime, width: timedelta, max_points: int) -> Grid:
    """Return steps of as few windows of this width as give at most `max_points` (2 or more).

    Steps of more than an hour are of whole hours, where windows make these.
    """
    grid = grid_of(start, end, _step(end - start, width, max_points))
    if grid.points <= max_points:
        return grid
    # The range begins and ends within a step, so it takes one more.
    return grid_of(start, end, _step(end - start, width, max_points - 1))


def whole_hours(grid: Grid, made: datetime) -> tuple[datetime, datetime] | None:
    """Return from when to when hours give the grid's steps, of those made up to `made`; or None."""
    start = hour_of(grid.start + HOUR - _LEAST)
    end = min(hour_of(grid.end), made)
    return (start, end) if grid.step % HOUR == timedelta() and start < end else None


def _step(span: timedelta, width: timedelta, points: int) -> timedelta:
    """Return the shortest step that is enough; beyond an hour, of whole hours where these are."""
    step = -(-span // (width * points)) * width
    return -(-step // HOUR) * HOUR if step > HOUR and HOUR % width == timedelta() else step
