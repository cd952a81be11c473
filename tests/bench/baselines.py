"""The servers that ours is held against: `python -m tests.bench.baselines bare` or `naive`.

`bare` reads the body and responds: what the server itself costs. `naive` is how one would write an
ingest in an afternoon: an endpoint in a thread that validates, produces and flushes for each
request.
"""

import os
import sys
from typing import Annotated

from confluent_kafka import Producer
from fastapi import FastAPI
from pydantic import BaseModel, Field

from tests.bench.bare_server import bare, serve


class _Posted(BaseModel):
    device_id: Annotated[str, Field(min_length=1)]
    ts: str
    temperature_c: float


def naive() -> FastAPI:
    """Return the application; it produces to KAFKA_BOOTSTRAP_SERVERS, TELEMETRY_TOPIC."""
    producer = Producer({"bootstrap.servers": os.environ["KAFKA_BOOTSTRAP_SERVERS"], "acks": "all"})
    topic = os.environ["TELEMETRY_TOPIC"]
    application = FastAPI()

    @application.post("/ingest", status_code=202)
    def ingest(posted: _Posted) -> dict[str, str]:
        producer.produce(topic, posted.model_dump_json(), posted.device_id)
        producer.flush(10)
        return {"status": "queued"}

    return application


if __name__ == "__main__":
    serve(naive() if sys.argv[1] == "naive" else bare)
