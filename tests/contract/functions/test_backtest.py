"""A back-test over the readings of a real MongoDB."""

import json
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from functions.alert.backtest import stored
from functions.alert.backtest.__main__ import main
from functions.alert.backtest.stored import StoredReadings
from functions.alert.proposed_rules import proposed
from shared.alerts.rules.load import load
from shared.mongo.collections import ALERT_RULES, RAW, Document
from shared.mongo.connection import Mongo
from shared.mongo.reading_store import Incoming, document_of
from shared.readings.reading import Reading
from tests.support.readings import NOW, accepted, at
from tests.support.servers import Documents, mongo_at, new_database, with_mongo

pytestmark = pytest.mark.database

HOT = [
    at(seconds, device_id="hot", temperature_c=20.0 + 40 * (seconds < 50))
    for seconds in (90, 60, 40, 30)
]
COLD = [
    at(seconds, device_id="cold", temperature_c=20.0, measurements={"lux": seconds})
    for seconds in (60, 45)
]
RULES = """
rules:
  - {id: dark, kind: below, sensor: lux, levels: [{name: warning, open: 50}]}
"""


@pytest.fixture
def database(mongo_url: str) -> Iterator[Documents]:
    with new_database(mongo_url) as made:
        made[RAW].insert_many([stored_as(one) for one in (*HOT, *COLD)])
        made[RAW].create_index([("device_id", 1), ("ts", -1)])
        yield made


@pytest.fixture
def rules(tmp_path: Path) -> str:
    (tmp_path / "rules.yaml").write_text(RULES)
    return str(tmp_path / "rules.yaml")


def stored_as(reading: Reading) -> Document:
    return document_of(Incoming(reading, NOW))


def environment(mongo_url: str, database: Documents, **more: str) -> dict[str, str]:
    return {"MONGO_URL": mongo_url, "MONGO_DB": database.name} | more


def run(
    capsys: pytest.CaptureFixture[str], variables: dict[str, str], *arguments: str
) -> tuple[int, Any]:
    code = main([*arguments, "--json"], variables)
    return code, json.loads(capsys.readouterr().out)


def test_new_rules_are_compared_with_those_of_the_environment_where_none_were_published(
    mongo_url: str, database: Documents, rules: str, capsys: pytest.CaptureFixture[str]
) -> None:
    variables = environment(mongo_url, database)

    code, found = run(capsys, variables, "--rules", rules, "--budget", "0")

    assert code == 1
    assert found["old_rules"] == "the environment's"
    assert (found["devices"], found["readings"]) == (2, 6)
    assert found["by_device"]["hot"]["temperature_c_high"]["same"] == 1
    assert found["by_device"]["cold"]["dark"]["added"] == 1


def test_published_rules_are_the_old_ones(
    mongo_url: str, database: Documents, rules: str, capsys: pytest.CaptureFixture[str]
) -> None:
    book = proposed(load({"TEMP_MAX_THRESHOLD": "90"}))
    database[ALERT_RULES].insert_many(book.to_documents())

    code, found = run(capsys, environment(mongo_url, database), "--rules", rules)

    assert (code, found["old_rules"]) == (0, "revision 1")
    assert found["rules"]["temperature_c_high"]["added"] == 1


def test_only_the_span_and_the_devices_that_are_chosen_are_read(
    mongo_url: str, database: Documents, rules: str, capsys: pytest.CaptureFixture[str]
) -> None:
    span = ("--from", "2026-01-31T11:58:50Z", "--to", "2026-01-31T11:59:25Z")

    _, found = run(
        capsys, environment(mongo_url, database), "--rules", rules, "--device", "hot", *span
    )

    assert (found["devices"], found["readings"]) == (1, 2)
    assert found["to"] == "2026-01-31T11:59:25.000Z"


@pytest.mark.parametrize("page", [1, 2, 3, 5_000])
def test_pages_of_any_size_have_each_reading_once_and_in_order(
    mongo_url: str, database: Documents, monkeypatch: pytest.MonkeyPatch, page: int
) -> None:
    monkeypatch.setattr(stored, "PAGE", page)
    ties = [accepted(device_id="hot", id=f"t{n}", ts=HOT[1].ts.isoformat()) for n in range(5)]
    database[RAW].insert_many([stored_as(one) for one in ties])

    found = with_mongo(mongo_at(mongo_url, database.name), readings_of_hot)

    assert found == sorted(one.reading_id for one in (*HOT, *ties))


async def readings_of_hot(mongo: Mongo) -> Sequence[str]:
    start, end = NOW - timedelta(days=1), NOW + timedelta(days=1)
    async with mongo.database.client.start_session(causal_consistency=True) as session:
        pages = StoredReadings(mongo.database, session).pages("hot", start, end)
        return [one["_id"] async for page in pages for one in page]
