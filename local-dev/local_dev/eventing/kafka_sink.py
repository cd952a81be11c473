"""The receiver of all KafkaSinks, through which dead letters get into a topic.

kafka-sink-receiver on a free port of loopback: POST /<namespace>/<name>, 202 after Kafka's
acknowledgement by all replicas, 400 no CloudEvent, 404 unknown path, 405 not POST, 503 not
produced; all without a body.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from aiohttp import web
from confluent_kafka import KafkaException, Producer

from local_dev.wire.cloud_event import NotAnEventError
from local_dev.wire.server_log import server_log
from local_dev.wire.sink_record import sink_record

if TYPE_CHECKING:
    from collections.abc import Iterable

    from local_dev.manifests.eventing import Sink
    from local_dev.wire.sink_record import SinkRecord

HOST = "127.0.0.1"
IN_THE_CLUSTER = "http://kafka-sink-ingress.knative-eventing.svc.cluster.local"
POLL_S = 0.05
CLOSING_S = 2.0


class KafkaSinkReceiver:
    """Receives for all KafkaSinks of a namespace."""

    def __init__(self, bootstrap: str, namespace: str, sinks: Iterable[Sink]) -> None:
        self._topics = {f"/{namespace}/{sink.name}": sink.topic for sink in sinks}
        self._namespace = namespace
        server = web.Server(self._take, access_log=None, auto_decompress=False, logger=server_log)
        self._runner = web.ServerRunner(server, shutdown_timeout=CLOSING_S)
        self._producer = Producer(
            {
                "bootstrap.servers": bootstrap,
                "acks": "all",
                "delivery.timeout.ms": 120_000,
                "enable.idempotence": False,
                "message.max.bytes": 1_048_576,  # max.request.size
                "log_level": 2,
            }
        )
        self._polls: asyncio.Task[None] | None = None
        self._port = 0

    async def open(self) -> None:
        """Listen on a free port."""
        await self._runner.setup()
        site = web.TCPSite(self._runner, HOST, 0)
        await site.start()
        self._port = self._runner.addresses[0][1]
        self._polls = asyncio.create_task(self._poll())

    async def close(self) -> None:
        """Stop listening and let what was taken reach Kafka."""
        await self._runner.cleanup()
        if self._polls is not None:
            self._polls.cancel()
        await asyncio.to_thread(self._producer.flush, 5.0)

    def address_of(self, name: str) -> str:
        """Return the URL of a KafkaSink on this machine."""
        return f"http://{HOST}:{self._port}/{self._namespace}/{name}"

    def cluster_address_of(self, name: str) -> str:
        """Return the URL that a cluster gives it."""
        return f"{IN_THE_CLUSTER}/{self._namespace}/{name}"

    async def _take(self, request: web.BaseRequest) -> web.Response:
        if request.method != "POST":
            return web.Response(status=405)
        topic = self._topics.get(request.path)
        if topic is None:
            return web.Response(status=404)
        body = await request.content.read()  # whatever its size: Kafka refuses what is too large
        try:
            await self._produce(topic, sink_record(request.raw_headers, body))
        except NotAnEventError:
            return web.Response(status=400)
        except (KafkaException, BufferError):
            return web.Response(status=503)
        return web.Response(status=202)

    async def _produce(self, topic: str, record: SinkRecord) -> None:
        acknowledged: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def report(error: object, _: object) -> None:
            if acknowledged.done():
                return
            if error is None:
                acknowledged.set_result(None)
            else:
                acknowledged.set_exception(KafkaException(error))

        self._producer.produce(
            topic, record.value, record.key, headers=list(record.headers), on_delivery=report
        )
        await acknowledged

    async def _poll(self) -> None:
        while True:
            waits = len(self._producer)
            self._producer.poll(0)
            await asyncio.sleep(0.001 if waits else POLL_S)
