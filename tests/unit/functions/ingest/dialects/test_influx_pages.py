"""What clients of Influx ask for before they write."""

import pytest

from tests.support.ingest_device import Device

FORM = [("content-type", "application/x-www-form-urlencoded")]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_ping_is_answered_with_a_version(method: str) -> None:
    seen = Device().sends(method, "/ping?wait_for_leader=1s", [])

    assert (seen.status, seen.body) == (204, b"")
    assert seen.headers["x-influxdb-version"] == "1.8.10"


def test_a_ping_is_read() -> None:
    assert Device().sends("POST", "/ping", []).status == 405


@pytest.mark.parametrize(
    "query",
    ["q=CREATE+DATABASE+%22iot%22", "q=create%20database%20iot", "db=x&q=CREATE+DATABASE+a;"],
)
def test_whichever_database_a_writer_makes_is_there(query: str) -> None:
    in_query = Device().sends("POST", f"/query?{query}", [])
    in_form = Device().sends("POST", "/query", FORM, query.encode())

    assert in_query.json() == in_form.json() == {"results": [{"statement_id": 0}]}
    assert in_query.status == 200


@pytest.mark.parametrize("statement", ["SHOW+DATABASES", "show%20databases;", "SHOW+DATABASES%3B"])
def test_a_list_of_databases_has_one(statement: str) -> None:
    seen = Device().sends("GET", f"/query?q={statement}", [])

    assert seen.json()["results"][0]["series"][0]["values"] == [["telemetry"]]


@pytest.mark.parametrize("query", ["q=SELECT+1", "q=DROP+DATABASE+a", "", "x=1"])
def test_readings_are_not_read_here(query: str) -> None:
    seen = Device().sends("GET", f"/query?{query}", [])

    assert (seen.status, list(seen.json())) == (400, ["error"])
