"""Publishes records and waits for the broker's acknowledgement; ingest and the redrive use it."""

import asyncio
import logging
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from shared import metrics
from shared.kafka.acknowledgement import NEVER_TAKEN, Batch, outcome_of, settle
from shared.kafka.trouble import REFUSALS, refusal_of
from shared.outcomes import Reason, TemporaryError
from shared.readings.reading_event import Record
from shared.settings import KafkaSettings, SettingsError

_LINGER_MS: Final = 2  # of 0, 1, 2, 5: the best rate at 256 in flight, 2 ms on a lone reading
_REST_S: Final = 0.05  # a new idempotent producer used at once waits 500 ms for its producer id
_PROBE_S: Final = 2.0
_POLL_S: Final = 0.1
_CLOSE_S: Final = 10.0
_MARGIN_S: Final = 2.0  # librdkafka looks once a second for records whose time is over
_MAX_RECORD: Final = 1_048_588  # bytes: Kafka's own default for a topic (max.message.bytes)
_NO_BROKER: Final = "no Kafka broker answers"
_log = logging.getLogger(__name__)


class KafkaPublisher:
    """An idempotent producer of one process.

    Opened in the serving process and loop: a producer made before a fork never delivers.
    """

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        self._producer: Producer | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._finished: list[tuple[Batch, KafkaError | None]] = []
        self._threads: list[threading.Thread] = []
        self._stop = threading.Event()
        self._reachable = False
        self._refused: KafkaError | None = None  # by certificate or password, since it last served
        self._trouble = _NO_BROKER
        self._suspect = threading.Event()

    async def open(self) -> None:
        """Make the producer and wait up to 2 s for the broker; without one, open all the same."""
        self._loop = asyncio.get_running_loop()
        self._producer = self._new_producer()
        await asyncio.sleep(_REST_S)
        await asyncio.to_thread(self._probe)
        for work in (self._poll, self._watch):
            thread = threading.Thread(target=work, name=f"kafka{work.__name__}", daemon=True)
            thread.start()
            self._threads.append(thread)

    async def close(self) -> None:
        """Deliver what is under way, for up to 10 s, then let go."""
        end = time.monotonic() + _CLOSE_S
        while self._producer and len(self._producer) and time.monotonic() < end:  # noqa: ASYNC110 - no event
            await asyncio.sleep(0.005)
        self._stop.set()
        self._suspect.set()
        for thread in self._threads:
            await asyncio.to_thread(thread.join, 3.0)

    def not_ready(self) -> str | None:
        """Return None while a broker is known to respond; no round trip."""
        return None if self._reachable else self._trouble

    async def publish(self, topic: str, records: Sequence[Record]) -> None:
        """Return when all `records` are acknowledged by all in-sync replicas.

        Raise TemporaryError if one is not within KAFKA_TIMEOUT_MS: it may or may not be stored,
        and sending it again does no harm, since the same readings have the same ids. Raise
        PermanentError for a record that Kafka never takes, such as one that is too large.
        """
        assert self._loop is not None
        assert self._producer is not None
        batch = Batch(self._loop.create_future(), len(records), time.perf_counter())

        def done(error: KafkaError | None, _message: Message) -> None:
            self._finished.append((batch, error))
            if error is not None:
                self._suspect.set()  # a broker that hangs closes no connection

        try:
            for record in records:
                self._producer.produce(
                    topic, record.value, record.key, headers=record.headers, on_delivery=done
                )
        except (BufferError, KafkaException) as error:
            batch.acknowledged.cancel()  # what was taken of it may still be stored
            metrics.kafka_produce_errors.inc()
            if isinstance(error, KafkaException) and error.args[0].code() in NEVER_TAKEN:
                raise outcome_of(error.args[0]) from error
            detail = f"Kafka takes no more at the moment: {error}"
            raise TemporaryError(Reason.KAFKA, detail) from error
        try:
            async with asyncio.timeout(self._settings.kafka_timeout_ms / 1000 + _MARGIN_S):
                await batch.acknowledged
        except TimeoutError as error:  # a producer that was replaced reports nothing any more
            raise TemporaryError(Reason.KAFKA, "Kafka did not acknowledge in time") from error

    def _new_producer(self) -> Producer:
        given = self._settings
        if given.kafka_ssl_ca_location and not Path(given.kafka_ssl_ca_location).is_file():
            raise SettingsError(f"KAFKA_SSL_CA_LOCATION: no file {given.kafka_ssl_ca_location}")
        configuration: dict[str, Any] = {
            "bootstrap.servers": given.kafka_bootstrap_servers,
            "client.id": "iot-telemetry",
            "enable.idempotence": True,
            "acks": "all",
            "linger.ms": _LINGER_MS,
            "message.timeout.ms": given.kafka_timeout_ms,
            "socket.timeout.ms": given.kafka_timeout_ms,
            "reconnect.backoff.max.ms": 1_000,
            "queue.buffering.max.messages": 100_000,
            "message.max.bytes": _MAX_RECORD,
            "compression.type": "lz4",
            "error_cb": self._on_error,
            "logger": logging.getLogger("librdkafka"),
            "security.protocol": given.kafka_security_protocol,
        }
        if given.kafka_sasl_mechanism:
            configuration["sasl.mechanism"] = given.kafka_sasl_mechanism
            configuration["sasl.username"] = given.kafka_sasl_username
            configuration["sasl.password"] = given.kafka_sasl_password.get_secret_value()
        if given.kafka_ssl_ca_location:
            configuration["ssl.ca.location"] = given.kafka_ssl_ca_location
        try:
            return Producer(configuration)
        except KafkaException as error:
            reported = error.args[0].str()
            raise SettingsError(f"the KAFKA_... variables make no producer: {reported}") from error

    def _on_error(self, error: KafkaError) -> None:
        if error.fatal():
            _log.error("the producer is replaced", extra={"reason": error.str()})
            self._producer = self._new_producer()
            return
        if error.code() in REFUSALS:
            self._refused = error
        if error.code() == KafkaError._ALL_BROKERS_DOWN:  # noqa: SLF001 - its public name
            self._reachable = False
            self._suspect.set()

    def _poll(self) -> None:
        """Run delivery reports; wake the loop once a round, not once a record."""
        assert self._loop is not None
        while not self._stop.is_set():
            producer = self._producer
            assert producer is not None
            producer.poll(_POLL_S)
            if self._finished:
                finished, self._finished = self._finished, []
                self._loop.call_soon_threadsafe(settle, finished)

    def _watch(self) -> None:
        """Probe the broker again while it did not respond the last time."""
        while not self._stop.is_set():
            if self._reachable:
                self._suspect.wait()
                self._suspect.clear()
            if not self._stop.is_set():
                self._probe()
                self._stop.wait(0 if self._reachable else _POLL_S)

    def _probe(self) -> None:
        assert self._producer is not None
        try:
            self._producer.list_topics(timeout=_PROBE_S)
        except KafkaException as error:
            self._reachable = False
            refused = self._refused
            said = None if refused is None else refusal_of(refused, self._settings)
            self._trouble = said or _NO_BROKER
            reason = said or error.args[0].str()
            _log.warning("Kafka does not respond", extra={"reason": reason})
        else:
            self._reachable = True
            self._refused = None
