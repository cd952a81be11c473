"""How is one KafkaSource started alone? `python -m local_dev.conformance.source_command`.

SIGTERM ends it as it ends the real dispatcher: at once, with nothing committed or handed back.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal

import uvloop

from local_dev.eventing.kafka_source import KafkaSource, SourceSettings
from local_dev.eventing.sink import UrlDestination
from local_dev.manifests.delivery_rule import DeliveryRule
from local_dev.manifests.key_type import KeyType

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
    rule = DeliveryRule(
        given.retry, given.backoff_policy, given.backoff_delay / 1000, given.timeout / 1000
    )
    settings = SourceSettings(
        namespace=given.namespace,
        name=given.name,
        bootstrap=given.bootstrap,
        topic=given.topic,
        group=given.group,
        ordering=given.order,
        initial_offset="earliest",
        rule=rule,
        key_type=KEY_TYPES[given.key_type],
        overrides={},
    )
    dead_letters = UrlDestination(given.dlq) if given.dlq else None
    sink = UrlDestination(given.sink)
    await KafkaSource(settings, sink, dead_letters, lambda text: print(text, flush=True)).start()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, os._exit, ENDED_BY_SIGTERM)
    await asyncio.get_running_loop().create_future()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="One KafkaSource: a topic's records to a sink.")
    parser.add_argument("--bootstrap", required=True)
    parser.add_argument("--topic", required=True)
    parser.add_argument("--group", required=True)
    parser.add_argument("--sink", required=True, help="URL")
    parser.add_argument("--dlq", help="URL of the dead letter sink")
    parser.add_argument("--order", choices=["ordered", "unordered"], default="ordered")
    parser.add_argument("--retry", type=int, default=0)
    parser.add_argument("--backoff-delay", type=float, default=200, help="milliseconds")
    parser.add_argument(
        "--backoff-policy", choices=["linear", "exponential"], default="exponential"
    )
    parser.add_argument("--timeout", type=float, default=600_000, help="milliseconds per attempt")
    parser.add_argument("--key-type", choices=list(KEY_TYPES), default="String")
    parser.add_argument("--namespace", default="default")
    parser.add_argument("--name", default="src")
    return parser.parse_args()


if __name__ == "__main__":
    main()
