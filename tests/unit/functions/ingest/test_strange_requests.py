"""Ten thousand requests that nobody should send: each gets a response, and nothing grows."""

import gc
import gzip
import json
import tracemalloc
from collections import Counter
from itertools import pairwise
from random import Random
from typing import Final

from tests.support.ingest_device import Device
from tests.support.readings import posted

REQUESTS: Final = 10_000
GROWTH: Final = 256 * 1024  # bytes over 5,000 requests: 50 of each would be seen
PATHS: Final = (
    "/ingest",
    "/v1/ingest",
    "/",
    "/ingest/ttn",
    "/ingest/chirpstack",
    "/ingest/telegraf",
    "/ingest/none",
    "/write?db=x&precision=s",
    "/write?precision=fortnights",
    "/api/v2/write?org=o&bucket=b&precision=ms",
    "/ping",
    "/query?q=CREATE%20DATABASE%20x",
    "/query",
    "/v1/metrics",
    "/api/v1/greenhouse-1/telemetry",
    "/api/v1/%00/telemetry",
    "/openapi.json",
    "/..%2f..%2fetc/passwd",
    "/ingest?" + "&".join(f"a{n}=1" for n in range(200)),
)
METHODS: Final = ("POST",) * 12 + ("GET", "PUT", "DELETE", "OPTIONS", "HEAD", "PATCH")
MEDIA_TYPES: Final = (
    "application/json",
    "application/json; charset=utf-16",
    "application/x-ndjson",
    "application/senml+json",
    "application/cloudevents+json",
    "application/cloudevents-batch+json",
    "application/x-protobuf",
    "text/plain",
    "multipart/form-data; boundary=x",
    "\xff\xfe",
    "",
)
CODINGS: Final = ("gzip", "deflate", "zstd", "br", "gzip, gzip", "identity", "\x7f")
EVENT: Final = {
    "specversion": "1.0",
    "id": "1",
    "source": "/greenhouse-1",
    "type": "reading",
    "data": posted(),
}
METRICS: Final = {
    "resourceMetrics": [
        {"scopeMetrics": [{"metrics": [{"name": "a", "gauge": {"dataPoints": [{"asDouble": 1}]}}]}]}
    ]
}
GOOD: Final = [
    json.dumps(one).encode()
    for one in (
        posted(),
        [posted(), posted(device_id="b")],
        [{"bn": "greenhouse-1:", "n": "t", "u": "Cel", "v": 21.5}],
        EVENT,
        [EVENT, EVENT],
        METRICS,
        {"ts": 1_769_860_800_000, "values": {"temperature_c": 21.5}},
        {"end_device_ids": {"device_id": "d"}, "uplink_message": {"decoded_payload": {"t": 1}}},
    )
] + [
    b"climate,device=greenhouse-1 temperature_c=21.5,humidity=40i 1769860800\n",
    b'weather,host=a text="x y",ok=t\n# comment\n\n',
    b"\x0a\x2a\x12\x28\x12\x26\x0a\x01a\x2a\x21\x0a\x1f",  # the beginning of a protobuf message
]
PIECES: Final = (
    b"",
    b"\x00",
    b"\xff\xfe",
    b'"',
    b"\\u0000",
    b"\\ud800",
    b"[" * 2_000,
    b'{"a":' * 1_000,
    b"null",
    b"NaN",
    b"-1e400",
    b"9" * 400,
    b",,=, ",
    b"\xe2\x80\xae",
    b" " * 5_000,
    b'"ts": "0000-00-00T00:00:00Z"',
    b'"$ne": 1',
)


def strange_body(chance: Random) -> bytes:
    """Give a body that was good, with something cut out, doubled, turned over or put in."""
    body = bytearray(chance.choice(GOOD))
    for _ in range(chance.randrange(4)):
        at = chance.randrange(len(body) + 1)
        end = min(len(body), at + chance.randrange(12))
        change = chance.randrange(4)
        if change == 0:
            del body[at:end]
        elif change == 1:
            body[at:at] = body[at:end]
        elif change == 2:
            body[at:at] = chance.choice(PIECES)
        elif body:
            body[at % len(body)] ^= 1 << chance.randrange(8)
    return bytes(body)


def strange_headers(chance: Random, body: bytes) -> tuple[list[tuple[str, str]], bytes]:
    headers = [("content-type", chance.choice(MEDIA_TYPES))]
    if chance.random() < 0.2:
        coding = chance.choice(CODINGS)
        headers.append(("content-encoding", coding))
        if coding == "gzip" and chance.random() < 0.7:
            body = gzip.compress(body, 1)[: chance.choice([None, 12, -3])]
    if chance.random() < 0.1:
        headers.append(("idempotency-key", chance.choice(["", "k" * 500, "a b", "ok"])))
    if chance.random() < 0.1:
        headers += [("ce-specversion", chance.choice(["1.0", "7", ""])), ("ce-id", "\x01")]
    if chance.random() < 0.1:
        headers += [("prefer", "handling=strict"), ("prefer", ";;;=")]
    return headers, body


def test_each_gets_a_response_that_is_no_fault_of_ours_and_nothing_grows() -> None:
    device = Device()
    seen = sent(device, Random(14), REQUESTS // 2)
    tracemalloc.start()
    try:
        held = [held_by(device)]
        for seed in (15, 16):
            seen += sent(device, Random(seed), REQUESTS // 4)
            held.append(held_by(device))
    finally:
        tracemalloc.stop()

    assert max(seen) < 500, seen
    assert seen.keys() >= {200, 202, 204, 207, 400, 404, 405, 415, 422}, seen
    # A request leaves the same in each part; the table of the interpreter's strings doubles once.
    assert min(after - before for before, after in pairwise(held)) < GROWTH // 2


def sent(device: Device, chance: Random, count: int) -> Counter[int]:
    """Send requests; return how many got which status."""
    seen: Counter[int] = Counter()
    for _ in range(count):
        headers, body = strange_headers(chance, strange_body(chance))
        seen[device.sends(chance.choice(METHODS), chance.choice(PATHS), headers, body).status] += 1
    return seen


def held_by(device: Device) -> int:
    """Return the bytes that are held since tracing began, without what was published."""
    device.broker.published.clear()
    gc.collect()
    return tracemalloc.get_traced_memory()[0]
