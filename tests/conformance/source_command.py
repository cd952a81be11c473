"""The command of one KafkaSource alone: `python -m tests.conformance.source_command`.

SIGTERM ends it as it ends the real dispatcher: at once, with nothing committed or handed back.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
from datetime import timedelta

import uvloop

from local_dev.eventing.kafka_source import KafkaSource
from local_dev.eventing.sink import UrlSink
from local_dev.manifests.eventing import DeliveryRule, KeyType, Reference, Source

ENDED_BY_SIGTERM = 143  # as a shell reports it, and as a JVM exits
KEY_TYPES = {
    "String": KeyType.STRING,
    "Integer": KeyType.INT,
    "Double": KeyType.FLOAT,
    "ByteArray": KeyType.BYTE_ARRAY,
}


def main() -> None:
    """Run until a signal ends it."""
    signal.signal(signal.SIGTERM, lambda *_: os._exit(ENDED_BY_SIGTERM))
    uvloop.run(_run(_arguments()))


async def _run(given: argparse.Namespace) -> None:
    dead_letters = UrlSink(given.dlq) if given.dlq else None
    source = _source(given)
    await KafkaSource(source, given.namespace, UrlSink(given.sink), dead_letters, _say).start()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, os._exit, ENDED_BY_SIGTERM)
    await asyncio.get_running_loop().create_future()


def _source(given: argparse.Namespace) -> Source:
    return Source(
        api_version="sources.knative.dev/v1",
        kind="KafkaSource",
        name=given.name,
        key_type=KEY_TYPES[given.key_type],
        topic=given.topic,
        bootstrap=given.bootstrap,
        group=given.group,
        initial_offset="earliest",
        ordering=given.order,
        sink=Reference(api_version="serving.knative.dev/v1", kind="Service", name="sink"),
        rule=DeliveryRule(
            retry=given.retry,
            backoff_policy=given.backoff_policy,
            backoff_delay=timedelta(milliseconds=given.backoff_delay),
            timeout=timedelta(milliseconds=given.timeout),
        ),
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="One KafkaSource: a topic's records to a sink.")
    add = parser.add_argument
    add("--bootstrap", required=True)
    add("--topic", required=True)
    add("--group", required=True)
    add("--sink", required=True, help="URL")
    add("--dlq", help="URL of the dead letter sink")
    add("--order", choices=["ordered", "unordered"], default="ordered")
    add("--retry", type=int, default=0)
    add("--backoff-delay", type=float, default=200, help="milliseconds")
    add("--backoff-policy", choices=["linear", "exponential"], default="exponential")
    add("--timeout", type=float, default=600_000, help="milliseconds per attempt")
    add("--key-type", choices=list(KEY_TYPES), default="String")
    add("--namespace", default="default")
    add("--name", default="src")
    return parser.parse_args()


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    main()
