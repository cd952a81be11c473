"""Passwords are changed while devices post, by a rollout: no acknowledged reading is lost."""

from __future__ import annotations

import json
import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import httpx
import pytest
from confluent_kafka import Consumer, TopicPartition

from shared.mongo.collections import RAW
from shared.readings.reading_event import Record
from tests.secured.mongo import DATABASE
from tests.secured.rights import grant_all
from tests.support.function_process import FunctionProcess, deployed, running
from tests.support.readings import request_headers
from tests.support.waiting import until

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.secured.kafka import SecuredKafka
    from tests.secured.mongo import SecuredMongo

TOPIC = "rotation.raw"
OLD, NEW = "the old one", "the new one"
PART_S = 2.0
JSON = [("content-type", "application/json")]


@dataclass(slots=True)
class Traffic:
    """Posts to the ingest that is there, and hands each record to the aggregate that is there."""

    kafka: SecuredKafka
    ingest: FunctionProcess
    aggregate: FunctionProcess
    acknowledged: set[str] = field(default_factory=set)
    is_over: bool = False

    def post(self) -> None:
        """Post readings, one after the other, until it is over."""
        began, count = datetime.now(UTC), 0
        while not self.is_over:
            ts = began + timedelta(milliseconds=count)
            content = {"device_id": "rotated", "ts": ts.isoformat(), "temperature_c": 20}
            try:
                said = self.ingest.asks("POST", "/ingest", JSON, json.dumps(content).encode())
            except httpx.TransportError:
                continue
            if said.status_code == 202:
                self.acknowledged.add(said.json()["reading_id"])
                count += 1

    def deliver(self) -> None:
        """Post every record until aggregate has taken it, as a KafkaSource does."""
        consumer = Consumer(
            {
                **self.kafka.client("sources", NEW),
                "group.id": "raw-to-aggregate",
                "enable.auto.commit": False,
                "log_level": 0,
            }
        )
        consumer.assign([TopicPartition(TOPIC, 0, 0)])
        while not self.is_over:
            message = consumer.poll(0.5)
            if message is None or message.error():
                continue
            headers = list(dict(message.headers() or ()).items())
            record = Record(message.key() or b"", headers, message.value() or b"")
            event = [(name.decode(), value.decode()) for name, value in request_headers(record)]
            while not self._is_taken(event, record.value) and not self.is_over:
                time.sleep(0.05)
        consumer.close()

    def _is_taken(self, event: list[tuple[str, str]], value: bytes) -> bool:
        try:
            return self.aggregate.asks("POST", "/", event, value).is_success
        except httpx.TransportError:
            return False


@pytest.mark.broker
@pytest.mark.database
def test_passwords_change_under_load_and_no_acknowledged_reading_is_lost(
    mongo: SecuredMongo, kafka: SecuredKafka, root: Path, tmp_path: Path
) -> None:
    grant_all(root, mongo, kafka, NEW)
    mongo.set_user("rotated", OLD, ["iot-aggregate"])
    kafka.set_user("rotated", OLD)
    kafka.make_topic(TOPIC)
    kafka.allow("rotated", "topic", TOPIC, ["Write", "Describe"])
    kafka.allow("sources", "topic", TOPIC, ["Read", "Describe"])

    def environment(password: str) -> Mapping[str, str]:
        return {
            **kafka.environment("rotated", password),
            "TELEMETRY_TOPIC": TOPIC,
            "MONGO_URL": mongo.url("rotated", password),
            "MONGO_DB": DATABASE,
        }

    def started(stack: ExitStack, name: str, password: str) -> FunctionProcess:
        log = tmp_path / f"{name}-{password[4:7]}.log"
        return stack.enter_context(running(deployed(name), root, environment(password), log))

    with ExitStack() as stack:
        ingest, aggregate = (started(stack, name, OLD) for name in ("ingest", "aggregate"))
        traffic = Traffic(kafka, ingest, aggregate)
        threads = [threading.Thread(target=work) for work in (traffic.post, traffic.deliver)]
        for thread in threads:
            thread.start()
        time.sleep(PART_S)
        mongo.set_user("rotated", NEW, ["iot-aggregate"])
        kafka.set_user("rotated", NEW)
        time.sleep(PART_S)
        traffic.ingest, traffic.aggregate = (
            started(stack, name, NEW) for name in ("ingest", "aggregate")
        )
        for one in (ingest, aggregate):
            one.stop()
        time.sleep(PART_S)
        with mongo.administrator() as client:
            stored = client[DATABASE][RAW]
            acknowledged = frozenset(traffic.acknowledged)
            until(
                lambda: (
                    stored.count_documents({"_id": {"$in": list(acknowledged)}})
                    == len(acknowledged)
                ),
                30,
                "acknowledged readings are not stored",
            )
        traffic.is_over = True
        for thread in threads:
            thread.join(20)

    assert len(acknowledged) > 50
