"""The lines of docs/reading.md run as they stand, against a dashboard that serves over HTTP."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient

from shared.mongo.collections import DEVICES, RAW, VIEWS, Document
from shared.mongo.indexes import INDEXES
from tests.contract.dashboard.documents import NOON, device, reading, view
from tests.support.function_process import deployed, running
from tests.support.pages import text_of

pytestmark = [pytest.mark.database, pytest.mark.timeout(120)]
BLOCKS = re.findall(r"^```python\n(.*?)^```$", text_of("docs/reading.md"), re.MULTILINE | re.DOTALL)
AN_HOUR_AGO = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=1)


def fill(client: MongoClient[Document], name: str) -> None:
    """Store an hour of two devices, 20 minutes of it without windows, that ended of late."""
    minutes, database = (AN_HOUR_AGO - NOON) // timedelta(minutes=1), client[name]
    devices, sensors = ("greenhouse-1", "greenhouse-2"), ("temperature_c", "humidity")
    numbers = [minutes + m for m in (*range(20), *range(40, 60))]
    views = [view(d, s, m) for d in devices for s in sensors for m in numbers]
    for collection in (VIEWS, RAW):
        database[collection].create_indexes(INDEXES[collection])
    database[VIEWS].insert_many(views)
    rows = [
        reading("greenhouse-1", 60 * minutes + s, temperature_c=20.5, humidity=40.0)
        for s in range(30)
    ]
    database[RAW].insert_many(rows)
    database[DEVICES].insert_many([device(d, 0) for d in devices])
    database["refresh_state"].insert_one({"_id": "refresh/60s", "horizon": AN_HOUR_AGO})


@pytest.fixture(scope="module")
def names(
    mongo_url: str, root: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Any]]:
    """Run all lines of the page, one after the other; give what they have made."""
    log = tmp_path_factory.mktemp("reading") / "log.txt"
    environment = {"MONGO_URL": mongo_url, "MONGO_DB": "reading-page"}
    with MongoClient[Document](mongo_url, tz_aware=True) as client:
        fill(client, "reading-page")
        with running(deployed("dashboard"), root, environment, log) as process:
            found: dict[str, Any] = {}
            lines = "\n".join(BLOCKS).replace("localhost:8002", f"127.0.0.1:{process.port}")
            exec(compile(lines, "docs/reading.md", "exec"), found)
            yield found
        client.drop_database("reading-page")


def test_the_page_has_lines() -> None:
    assert len(BLOCKS) == 6


def test_pandas_reads_a_curve_with_its_gap(names: dict[str, Any]) -> None:
    frame, curves = names["frame"], names["curves"]

    assert set(frame["sensor_type"]) == {"temperature_c", "humidity"}
    assert str(frame["timestamp"].dtype).startswith("datetime64")
    assert frame["average"].isna().sum() == 2
    assert list(curves.columns) == ["humidity", "temperature_c"]
    assert len(curves) == 9


def test_polars_reads_several_devices(names: dict[str, Any]) -> None:
    mean = dict(names["mean"].rows())

    assert mean == {"greenhouse-1": pytest.approx(20.5), "greenhouse-2": pytest.approx(20.5)}
    assert len(names["lines"]) == 2 * (20 + 1)  # steps of two minutes, and the gap
    assert len(names["settled"]) == 0


def test_raw_readings_come_whole(names: dict[str, Any]) -> None:
    assert len(names["values"]) == 60
    assert list(names["wide"].columns) == ["humidity", "temperature_c"]
    assert len(names["readings"]) == 30
