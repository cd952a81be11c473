"""Database, broker and functions fail under a running system; what was acknowledged is not lost."""

import os
import signal
import time
import uuid
from collections.abc import Iterable
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from pymongo.database import Database

from tests.support.driven_system import DrivenSystem

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.pipeline, pytest.mark.timeout(240)]

AFTER_RETRIES_S = 90.0  # waits of 4, 8 and 16 s, and an attempt of up to 30 s


def new_device() -> str:
    return f"device-{uuid.uuid4().hex}"


def acknowledged(system: DrivenSystem, count: int, device: str = "") -> set[str]:
    """Post so many readings and return the ids of those that were answered with 202."""
    device = device or new_device()
    now = datetime.now(UTC).isoformat()
    answers = [
        system.post({"device_id": device, "ts": now, "id": str(number), "humidity": 50.0})
        for number in range(count)
    ]
    return {answer.json()["reading_id"] for answer in answers if answer.status_code == 202}


def stored(database: Database[dict[str, Any]], ids: Iterable[str]) -> set[str]:
    found = database.telemetry_raw.find({"_id": {"$in": list(ids)}}, {"_id": 1})
    return {one["_id"] for one in found}


def dead(database: Database[dict[str, Any]], ids: Iterable[str]) -> set[str]:
    found = database.dead_letters.find(
        {"event_id": {"$in": list(ids)}, "stage": "aggregate", "reason": {"$exists": True}}
    )
    return {one["event_id"] for one in found}


def retried(system: DrivenSystem) -> int:
    return int(system.status["sources"]["raw-to-aggregate"]["retried"])


def is_settled(system: DrivenSystem) -> bool:
    """Say whether every source is done with all that its topic holds."""
    sources = system.status["sources"].values()
    return all(source["lag"] == 0 and source["in_flight"] == 0 for source in sources)


def warm_up(system: DrivenSystem, database: Database[dict[str, Any]]) -> None:
    """Have the functions started, so that the failure finds them at work."""
    ids = acknowledged(system, 1)
    system.wait_for(lambda: stored(database, ids) == ids and is_settled(system), AFTER_RETRIES_S)


@contextmanager
def stopped(pid: int) -> "Iterator[None]":
    """Keep a process from doing anything, as a machine that hangs would."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def test_while_the_database_hangs_for_20_s_events_are_retried_and_none_is_lost(
    system: DrivenSystem, database: Database[dict[str, Any]]
) -> None:
    warm_up(system, database)
    before = retried(system)

    with stopped(system.server_pid("MongoDB")):
        ids = acknowledged(system, 20)
        time.sleep(20)

    system.wait_for(lambda: is_settled(system), AFTER_RETRIES_S)
    assert len(ids) == 20
    assert retried(system) > before
    assert stored(database, ids) | dead(database, ids) == ids


def test_a_killed_database_is_named_and_started_again_and_nothing_is_lost(
    system: DrivenSystem, database: Database[dict[str, Any]]
) -> None:
    killed = system.server_pid("MongoDB")

    os.kill(killed, signal.SIGKILL)
    ids = acknowledged(system, 20)

    system.wait_for(lambda: "MongoDB answers again" in system.output, 30)
    assert "MongoDB ended (by signal SIGKILL); it is started again" in system.output
    assert system.server_pid("MongoDB") != killed
    system.wait_for(lambda: is_settled(system), AFTER_RETRIES_S)
    assert len(ids) == 20
    assert stored(database, ids) | dead(database, ids) == ids


def test_while_the_broker_hangs_ingest_says_503_and_never_a_false_success(
    system: DrivenSystem, database: Database[dict[str, Any]]
) -> None:
    before = acknowledged(system, 3)

    with stopped(system.server_pid("Apache Kafka")):
        refused = system.post({"device_id": "no-broker", "humidity": 50.0})

    assert refused.status_code == 503
    assert refused.headers.get("retry-after") is not None
    assert refused.headers.get("content-type") == "application/problem+json"
    system.wait_for(lambda: system.post({"device_id": "a", "humidity": 1.0}).status_code == 202, 60)
    ids = before | acknowledged(system, 3)
    system.wait_for(lambda: stored(database, ids) == ids, AFTER_RETRIES_S)


def test_an_event_whose_function_is_killed_while_handling_it_is_delivered_again(
    system: DrivenSystem, database: Database[dict[str, Any]]
) -> None:
    warm_up(system, database)
    device = new_device()
    (handling,) = system.function_pids("aggregate")
    before = retried(system)

    os.kill(handling, signal.SIGSTOP)
    ids = acknowledged(system, 5, device)
    system.wait_for(lambda: system.status["functions"]["aggregate"]["in_flight"] > 0, 20)
    os.kill(handling, signal.SIGKILL)

    system.wait_for(lambda: is_settled(system), AFTER_RETRIES_S)
    assert retried(system) > before
    assert handling not in system.function_pids("aggregate")
    assert stored(database, ids) == ids
    system.wait_for(
        lambda: database.devices.find_one({"_id": device}), AFTER_RETRIES_S
    )  # a refresh


def test_a_killed_ingest_is_started_again(
    system: DrivenSystem, database: Database[dict[str, Any]]
) -> None:
    (killed,) = system.function_pids("ingest")

    os.kill(killed, signal.SIGKILL)

    system.wait_for(lambda: killed not in system.function_pids("ingest"), 20)
    system.wait_for(lambda: takes_readings(system), 30)
    ids = acknowledged(system, 3)
    system.wait_for(lambda: stored(database, ids) == ids, AFTER_RETRIES_S)


def takes_readings(system: DrivenSystem) -> bool:
    try:
        return system.post({"device_id": "a", "humidity": 1.0}).status_code == 202
    except httpx.TransportError:  # nothing listens yet
        return False
