"""When a record is safe. One suite for the fake and for the publisher on the real Kafka."""

import asyncio
import secrets
import signal
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any

import pytest

from functions.ingest.function import Publisher
from local_dev.paths import KAFKA_JARS, KAFKA_LOCK
from local_dev.servers.free_port import free_port
from local_dev.servers.kafka import KafkaBroker
from local_dev.servers.kafka_jars import class_path
from shared.kafka.publisher import KafkaPublisher
from shared.outcomes import PermanentError, TemporaryError
from shared.readings.reading_event import Record, records_of
from shared.settings import KafkaSettings, SettingsError
from tests.support.publisher import FakePublisher
from tests.support.readings import NOW, accepted, at
from tests.support.servers import kafka_at, new_topic, records_in

ON_KAFKA = pytest.param("kafka", marks=[pytest.mark.broker])
RECORDS = records_of([accepted()], NOW)
Use = Callable[[KafkaPublisher], Awaitable[Any]]


def using(publisher: Publisher, use: Callable[[Any], Awaitable[Any]]) -> Any:
    async def opened() -> Any:
        await publisher.open()
        try:
            return await use(publisher)
        finally:
            await publisher.close()

    return asyncio.run(opened())


@pytest.fixture(params=["fake", ON_KAFKA])
def publisher(request: pytest.FixtureRequest) -> Publisher:
    if request.param == "fake":
        return FakePublisher()
    return KafkaPublisher(kafka_at(request.getfixturevalue("kafka_bootstrap")))


@pytest.fixture(params=["fake", "nowhere"])
def lonely(request: pytest.FixtureRequest) -> Publisher:
    """A publisher whose broker is away from the start."""
    if request.param == "fake":
        fake = FakePublisher()
        fake.broker_is_away = True
        return fake
    return KafkaPublisher(
        KafkaSettings(kafka_bootstrap_servers=f"127.0.0.1:{free_port()}", kafka_timeout_ms=500)
    )


def test_a_publisher_with_a_broker_is_ready(publisher: Publisher) -> None:
    async def readiness(opened: Publisher) -> str | None:
        return opened.not_ready()

    assert using(publisher, readiness) is None


def test_a_publisher_without_a_broker_opens_all_the_same_and_says_why_it_is_not_ready(
    lonely: Publisher,
) -> None:
    async def readiness(opened: Publisher) -> str | None:
        return opened.not_ready()

    assert using(lonely, readiness) == "no Kafka broker answers"


def test_without_a_broker_publishing_is_to_be_tried_again_within_a_bound(
    lonely: Publisher,
) -> None:
    async def duration(opened: Publisher) -> float:
        started = time.monotonic()
        with pytest.raises(TemporaryError) as caught:
            await opened.publish("telemetry.raw", RECORDS)
        assert caught.value.operation == "kafka"
        return time.monotonic() - started

    assert using(lonely, duration) < 4


@pytest.mark.broker
def test_a_record_is_in_kafka_as_it_was_written_once_publish_returns(kafka_bootstrap: str) -> None:
    topic = new_topic(kafka_bootstrap)
    readings = [at(number, device_id=f"d-{number % 7}") for number in range(1_200)]
    records = records_of(readings, NOW)

    stored = publish_and_read(kafka_bootstrap, topic, records)

    assert [(one.key(), one.headers(), one.value()) for one in stored] == [
        (record.key, record.headers, record.value) for record in records
    ]


@pytest.mark.broker
@pytest.mark.parametrize(
    ("size", "config"),
    [(2_000_000, {}), (200_000, {"max.message.bytes": "100000"})],
    ids=["for our producer", "for the topic"],
)
def test_a_record_that_is_too_large_is_never_taken_and_takes_no_other_with_it(
    kafka_bootstrap: str, size: int, config: dict[str, str]
) -> None:
    topic = new_topic(kafka_bootstrap, **config)
    too_large = Record(b"k", [], secrets.token_bytes(size))

    async def one_by_one(opened: KafkaPublisher) -> PermanentError:
        with pytest.raises(PermanentError) as caught:
            await opened.publish(topic, [too_large])
        await opened.publish(topic, RECORDS)
        return caught.value

    refused = using(KafkaPublisher(kafka_at(kafka_bootstrap)), one_by_one)

    assert refused.reason == "too_large"
    assert [one.value() for one in records_in(kafka_bootstrap, topic)] == [RECORDS[0].value]


@pytest.mark.broker
def test_records_of_many_requests_at_once_are_all_there(kafka_bootstrap: str) -> None:
    topic = new_topic(kafka_bootstrap)

    async def at_once(opened: KafkaPublisher) -> None:
        publishing = [opened.publish(topic, records_of([at(n)], NOW)) for n in range(300)]
        await asyncio.gather(*publishing)

    using(KafkaPublisher(kafka_at(kafka_bootstrap)), at_once)

    values = {message.value() for message in records_in(kafka_bootstrap, topic)}
    assert values == {records_of([at(n)], NOW)[0].value for n in range(300)}


@pytest.mark.broker
def test_a_record_of_the_size_that_kafka_takes_is_published(kafka_bootstrap: str) -> None:
    topic = new_topic(kafka_bootstrap)
    large = Record(b"k", [("ce_id", b"1")], bytes(1_048_000))

    stored = publish_and_read(kafka_bootstrap, topic, [large])

    assert [len(one.value()) for one in stored] == [1_048_000]


@pytest.mark.broker
def test_a_record_that_kafka_refuses_fails_and_leaves_the_publisher_whole(
    kafka_bootstrap: str,
) -> None:
    topic = new_topic(kafka_bootstrap)

    async def too_large_then_right(opened: KafkaPublisher) -> None:
        with pytest.raises(PermanentError):
            await opened.publish(topic, [*RECORDS, Record(b"k", [], bytes(2_000_000))])
        await opened.publish(topic, RECORDS)

    using(KafkaPublisher(kafka_at(kafka_bootstrap)), too_large_then_right)

    assert records_in(kafka_bootstrap, topic)[-1].value() == RECORDS[0].value


@pytest.mark.broker
def test_a_topic_that_is_not_there_is_to_be_tried_again_within_a_bound(
    kafka_bootstrap: str,
) -> None:
    async def duration(opened: KafkaPublisher) -> float:
        started = time.monotonic()
        with pytest.raises(TemporaryError):
            await opened.publish("no.such.topic", RECORDS)
        return time.monotonic() - started

    assert using(KafkaPublisher(kafka_at(kafka_bootstrap)), duration) < 6


@pytest.mark.broker
def test_a_publisher_that_closes_delivers_what_is_under_way(kafka_bootstrap: str) -> None:
    topic = new_topic(kafka_bootstrap)

    async def leave(opened: KafkaPublisher) -> None:
        opened_task = asyncio.create_task(opened.publish(topic, RECORDS))
        await asyncio.sleep(0)
        await opened.close()
        await opened_task

    using(KafkaPublisher(kafka_at(kafka_bootstrap)), leave)

    assert len(records_in(kafka_bootstrap, topic)) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"kafka_security_protocol": "SSL", "kafka_ssl_ca_location": "/no/such/file.pem"},
        {"kafka_security_protocol": "SASL_SSL", "kafka_sasl_mechanism": "PLAIN"},
    ],
)
def test_settings_that_give_no_producer_stop_the_start(wrong: dict[str, Any]) -> None:
    settings = KafkaSettings(kafka_bootstrap_servers="127.0.0.1:1", **wrong)

    with pytest.raises(SettingsError, match=r"KAFKA_(\.\.\. |SSL_CA_LOCATION: no file)"):
        asyncio.run(KafkaPublisher(settings).open())


@pytest.fixture(scope="module")
def topic_of_its_own(broker_of_its_own: KafkaBroker) -> str:
    """Made before any outage: a broker that has just come back makes none at first."""
    return new_topic(broker_of_its_own.bootstrap)


class SilentProducer:
    """Takes records and never reports of them, as a producer that another one replaced."""

    def produce(self, *_: Any, **__: Any) -> None:
        pass

    def poll(self, timeout_s: float) -> None:
        time.sleep(timeout_s)

    def __len__(self) -> int:
        return 0


def test_records_that_nobody_reports_of_are_to_be_tried_again_within_a_bound() -> None:
    async def into_silence(opened: KafkaPublisher) -> float:
        silent: Any = SilentProducer()
        opened._producer = silent
        started = time.monotonic()
        with pytest.raises(TemporaryError):
            await opened.publish("telemetry.raw", RECORDS)
        return time.monotonic() - started

    settings = KafkaSettings(
        kafka_bootstrap_servers=f"127.0.0.1:{free_port()}", kafka_timeout_ms=100
    )
    assert using(LonelyPublisher(settings), into_silence) < 4


class LonelyPublisher(KafkaPublisher):
    """A publisher that does not probe its broker."""

    def _probe(self) -> None:
        time.sleep(0.1)


@pytest.fixture(scope="module")
def broker_of_its_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaBroker]:
    jars = class_path(KAFKA_LOCK, KAFKA_JARS, on_progress=lambda _: None)
    broker = KafkaBroker(free_port(), tmp_path_factory.mktemp("kafka"), jars)
    broker.start()
    try:
        broker.wait_until_ready()
        yield broker
    finally:
        broker.stop()


@pytest.mark.broker
@pytest.mark.timeout(180)
def test_a_broker_that_goes_is_noticed_and_one_that_comes_back_is_used_again(
    broker_of_its_own: KafkaBroker, topic_of_its_own: str
) -> None:
    seen: dict[str, float] = {}

    async def through_an_outage(opened: KafkaPublisher) -> None:
        await opened.publish(topic_of_its_own, RECORDS)
        await asyncio.to_thread(broker_of_its_own.stop)
        seen["not ready"] = await seconds_until(lambda: opened.not_ready() is not None)
        started = time.monotonic()
        with pytest.raises(TemporaryError):
            await opened.publish(topic_of_its_own, RECORDS)
        seen["try again"] = time.monotonic() - started
        broker_of_its_own.start()  # here: it ends with the thread that starts it
        await asyncio.to_thread(broker_of_its_own.wait_until_ready)
        seen["ready"] = await seconds_until(lambda: opened.not_ready() is None)
        await publish_at_last(opened, topic_of_its_own)

    using(KafkaPublisher(kafka_at(broker_of_its_own.bootstrap)), through_an_outage)

    assert seen["not ready"] < 5
    assert seen["try again"] < 6
    assert seen["ready"] < 10


@pytest.mark.broker
@pytest.mark.timeout(180)
def test_a_broker_that_hangs_is_noticed_by_what_it_does_not_acknowledge(
    broker_of_its_own: KafkaBroker, topic_of_its_own: str
) -> None:
    process = broker_of_its_own.process
    assert process is not None
    seen: dict[str, float] = {}

    async def while_it_hangs(opened: KafkaPublisher) -> None:
        await publish_at_last(opened, topic_of_its_own)
        process.signal(signal.SIGSTOP)
        try:
            with pytest.raises(TemporaryError):
                await opened.publish(topic_of_its_own, RECORDS)
            seen["not ready"] = await seconds_until(lambda: opened.not_ready() is not None)
        finally:
            process.signal(signal.SIGCONT)
        seen["ready"] = await seconds_until(lambda: opened.not_ready() is None)
        await publish_at_last(opened, topic_of_its_own)

    using(KafkaPublisher(kafka_at(broker_of_its_own.bootstrap)), while_it_hangs)

    assert seen["not ready"] < 5
    assert seen["ready"] < 15


def publish_and_read(bootstrap: str, topic: str, records: Sequence[Record]) -> list[Any]:
    async def published(opened: KafkaPublisher) -> list[Any]:
        await opened.publish(topic, records)
        return await asyncio.to_thread(records_in, bootstrap, topic)

    read: list[Any] = using(KafkaPublisher(kafka_at(bootstrap)), published)
    return read


async def seconds_until(is_so: Callable[[], bool]) -> float:
    started = time.monotonic()
    async with asyncio.timeout(30):
        while not is_so():  # noqa: ASYNC110 - it is asked as a probe would ask
            await asyncio.sleep(0.02)
    return time.monotonic() - started


async def publish_at_last(publisher: KafkaPublisher, topic: str) -> None:
    """As a device that is told to try again."""
    async with asyncio.timeout(30):
        while True:
            with suppress(TemporaryError):
                await publisher.publish(topic, RECORDS)
                return
