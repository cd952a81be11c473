"""What one request for series may cost: windows that are read, points that are returned; pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from functions.dashboard.series.grid import Grid, fitting_grid, grid_of, whole_hours
from shared.readings.windows import HOUR

MAX_WINDOWS: Final = 50_000  # or hours; read for one response: some 3 us each
MAX_POINTS: Final = 20_000  # of all series together


class WrongRange(Exception):  # noqa: N818 - an outcome, not a fault of ours
    """A parameter asks for what cannot be, or for too much; `parameter` names it."""

    def __init__(self, parameter: str, detail: str) -> None:
        super().__init__(detail)
        self.parameter = parameter


@dataclass(frozen=True, slots=True)
class Wanted:
    """A range, and how fine its points are to be: by number, or by `step` where it is given."""

    start: datetime
    end: datetime
    max_points: int
    step: timedelta | None = None


def bounded_grid(wanted: Wanted, width: timedelta, series: int, made: datetime) -> Grid:
    """Return the steps of so many series from windows of this width, and hours up to `made`.

    Raise WrongRange where the range is none, the step is no whole multiple of a window, or it is
    more than one response is for.
    """
    if wanted.end <= wanted.start:
        raise WrongRange("to", "must be after `from`")
    grid = _grid(wanted, width)
    windows = _read(grid, width, made) * series
    if windows > MAX_WINDOWS:
        most = MAX_WINDOWS // series * width
        raise WrongRange(
            "from",
            f"{windows} windows would be read, and {MAX_WINDOWS} are the most: ask for a range of"
            f" at most {_span(most)}, or for fewer series",
        )
    if grid.points * series > MAX_POINTS:
        raise WrongRange(
            "max_points" if wanted.step is None else "step",
            f"{series} series of {grid.points} points each; {MAX_POINTS} in all are the most",
        )
    return grid


def _read(grid: Grid, width: timedelta, made: datetime) -> int:
    """Return how many windows and hours are read."""
    windows = (grid.end - grid.start) // width
    whole = whole_hours(grid, made)
    if whole is None:
        return windows
    hours = (whole[1] - whole[0]) // HOUR
    return windows - hours * (HOUR // width) + hours


def _grid(wanted: Wanted, width: timedelta) -> Grid:
    if wanted.step is None:
        return fitting_grid(wanted.start, wanted.end, width, wanted.max_points)
    if wanted.step % width:
        raise WrongRange(
            "step", f"must be a whole multiple of the window, {width.total_seconds():.0f}s"
        )
    return grid_of(wanted.start, wanted.end, wanted.step)


def _span(span: timedelta) -> str:
    days = span / timedelta(days=1)
    return f"{days:.1f} days" if days >= 1 else f"{span.total_seconds() / 3600:.1f} hours"
