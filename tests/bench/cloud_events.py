"""Measures what the CloudEvents SDK costs against our decoder and builder, as a ratio.

`python -m tests.bench.cloud_events`; nothing but Python is needed.
"""

import argparse
import statistics
import timeit
from collections.abc import Callable
from typing import Any

from cloudevents.http import CloudEvent as SdkEvent
from cloudevents.http import from_http
from cloudevents.kafka import to_binary

from shared.readings.cloud_event import event_of
from shared.readings.reading_event import records_of
from tests.support.readings import NOW, accepted, request_headers

Work = Callable[[], Any]


def main() -> None:
    """Measure both directions, alternating, and print one line for each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--calls", type=int, default=20_000)
    options = parser.parse_args()
    for name, (ours, theirs) in {"decode": decoders(), "build": builders()}.items():
        print(line_of(name, ours, theirs, options.rounds, options.calls))


def decoders() -> tuple[Work, Work]:
    """Return the work from a request's raw headers to an event: ours, and the SDK's."""
    record = records_of([accepted()], NOW)[0]
    headers = [*request_headers(record), *_OTHER_HEADERS]

    def theirs() -> Any:
        texts = {name.decode("latin-1"): value.decode("latin-1") for name, value in headers}
        return from_http(texts, record.value, lambda body: body)

    return lambda: event_of(headers, record.value), theirs


def builders() -> tuple[Work, Work]:
    """Return the work from a reading to a record: ours, and the SDK's on the same JSON."""
    readings = [accepted()]
    record = records_of(readings, NOW)[0]
    attributes = {
        name.removeprefix("ce_"): value.decode()
        for name, value in record.headers
        if isinstance(value, bytes)
    }
    attributes["datacontenttype"] = attributes.pop("content-type")

    def theirs() -> Any:
        ours = records_of(readings, NOW)[0]  # the readings' JSON and ids are needed all the same
        return to_binary(SdkEvent(attributes, ours.value), data_marshaller=bytes)

    return lambda: records_of(readings, NOW)[0], theirs


def line_of(name: str, ours: Work, theirs: Work, rounds: int, calls: int) -> str:
    pairs = [(_us(ours, calls), _us(theirs, calls)) for _ in range(rounds)]
    ratio = statistics.median(theirs_us / ours_us for ours_us, theirs_us in pairs)
    medians = [statistics.median(column) for column in zip(*pairs, strict=True)]
    return f"{name}: ours {medians[0]:.1f} us, SDK {medians[1]:.1f} us, {ratio:.1f} times"


def _us(work: Work, calls: int) -> float:
    return timeit.timeit(work, number=calls) / calls * 1e6


_OTHER_HEADERS = [
    (b"host", b"aggregate.telemetry.svc.cluster.local"),
    (b"content-length", b"188"),
    (b"prefer", b"reply"),
    (b"kn-namespace", b"telemetry"),
    (b"user-agent", b"Vert.x-WebClient/4.5"),
    (b"ce-knativekafkapartition", b"3"),
    (b"ce-knativekafkaoffset", b"4711"),
]

if __name__ == "__main__":
    main()
