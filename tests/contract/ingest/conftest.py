"""An ingest function behind a web server, for the clients of this folder."""

from collections.abc import Iterator

import pytest

from tests.support.ingest_server import IngestServer, serving


@pytest.fixture
def ingest() -> Iterator[IngestServer]:
    with serving() as server:
        yield server
