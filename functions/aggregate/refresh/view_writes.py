"""Writing the views that grew, and remembering what is stored then."""

from collections.abc import Mapping, Sequence
from time import perf_counter

from functions.aggregate.refresh.fold import Fold
from functions.aggregate.refresh.remembered import Remembered
from functions.aggregate.refresh.slices import breathe
from functions.aggregate.store.pairs import Pair
from functions.aggregate.store.views import BULK, ViewStore, view_of
from functions.aggregate.window_summary import ViewKey, fold
from shared import metrics
from shared.mongo.collections import Document


class ViewWrites:
    """Writes views in one session; `remembered` learns what was confirmed."""

    def __init__(self, views: ViewStore, window_seconds: int, remembered: Remembered) -> None:
        self._views = views
        self._window_seconds = window_seconds
        self._remembered = remembered

    async def write(self, folds: Mapping[Pair, Fold]) -> list[Pair]:
        """Write each view that grew and remember what is stored; return the pairs refused."""
        refused: set[Pair] = set()
        views: dict[Pair, list[tuple[Document, int]]] = {}
        waiting = 0
        since = perf_counter()
        for pair, one in folds.items():
            views[pair] = [self._view(pair, *grown) for grown in one.grown()]
            waiting += len(views[pair])
            since = await breathe(since)
            if waiting >= BULK:
                refused |= await self._replace(views)
                views, waiting = {}, 0
                since = perf_counter()
        refused |= await self._replace(views)
        for pair, one in folds.items():
            if pair not in refused:
                one.is_stored()
                self._remembered.keep(pair, one)
        return [pair for pair in folds if pair in refused]

    async def _replace(self, views: Mapping[Pair, Sequence[tuple[Document, int]]]) -> set[Pair]:
        guarded = [one for some in views.values() for one in some]
        if not guarded:
            return set()
        refused = set(await self._views.replace(guarded))
        metrics.views_written.inc(len(guarded) - len(refused))
        if not refused:
            return set()
        return {
            pair for pair, some in views.items() if any(view["_id"] in refused for view, _ in some)
        }

    def _view(
        self, pair: Pair, sensor: str, values: Sequence[float], count: int
    ) -> tuple[Document, int]:
        key = ViewKey(pair.device_id, sensor, pair.window_start, self._window_seconds)
        return view_of(key, fold(values)), count
