"""What the views must be, computed by MongoDB itself from the stored readings."""

from datetime import UTC, datetime
from typing import Any, Final

from pymongo import MongoClient

from shared.readings.identity import EPOCH

FOREVER: Final = datetime(9999, 1, 1, tzinfo=UTC)
_SHOWN: Final = 5


def wrong_views(
    url: str,
    database: str,
    width_s: int = 60,
    start: datetime = EPOCH,
    end: datetime = FOREVER,
) -> tuple[int, list[str]]:
    """Return how many views there must be, and a few of those that are not what readings give.

    Of temperatures, from `start` to before `end`. Sums may differ in their last bits: MongoDB adds
    in another order than the exact sum of the fold.
    """
    with MongoClient[dict[str, Any]](url, tz_aware=True) as client:
        stored = client[database]
        views = {
            (view["device_id"], view["timestamp"]): view
            for view in stored["aggregated_data"].find(
                {"window_seconds": width_s, "timestamp": {"$gte": start, "$lt": end}},
                {
                    "_id": 0,
                    "device_id": 1,
                    "timestamp": 1,
                    "count": 1,
                    "sum": 1,
                    "min": 1,
                    "max": 1,
                },
            )
        }
        number = 0
        wrong: list[str] = []
        for group in stored["telemetry_raw"].aggregate(
            _groups(width_s, start, end), allowDiskUse=True
        ):
            number += 1
            key = (group["_id"]["device_id"], group["_id"]["start"])
            if not _is_same(group, views.pop(key, None)) and len(wrong) < _SHOWN:
                wrong.append(f"{key}: {group}")
    wrong += [f"a view of no reading: {key}" for key in list(views)[:_SHOWN]]
    return number, wrong


def _groups(width_s: int, start: datetime, end: datetime) -> list[dict[str, Any]]:
    window = {"$dateTrunc": {"date": "$ts", "unit": "second", "binSize": width_s}}
    matched = {"temperature_c": {"$exists": True}, "ts": {"$gte": start, "$lt": end}}
    return [
        {"$match": matched},
        {
            "$group": {
                "_id": {"device_id": "$device_id", "start": window},
                "count": {"$sum": 1},
                "sum": {"$sum": "$temperature_c"},
                "min": {"$min": "$temperature_c"},
                "max": {"$max": "$temperature_c"},
            }
        },
    ]


def _is_same(group: dict[str, Any], view: dict[str, Any] | None) -> bool:
    if view is None:
        return False
    exact = all(view[name] == group[name] for name in ("count", "min", "max"))
    return exact and abs(view["sum"] - group["sum"]) < 1e-6 * max(1.0, abs(group["sum"]))
