"""Ingest and the dashboard, asked by Schemathesis all that their OpenAPI documents allow, and more.

It makes requests from the documents: right ones, and wrong ones in every part. Whatever it sends,
the response is one that the document names, of the form that it names.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.function_process import deployed, running
from tests.support.ingest_server import IngestServer, serving
from tests.support.servers import new_database

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
)


@pytest.fixture
def ingest() -> Iterator[IngestServer]:
    with serving() as server:
        yield server


def asked(url: str, root: Path, folder: Path, examples: int) -> None:
    """Let it ask; fail with what it says."""
    command = [
        str(Path(sys.executable).with_name("st")),
        "run",
        f"{url}/openapi.json",
        f"--url={url}",
        f"--checks={','.join(CHECKS)}",
        "--phases=examples,fuzzing",
        f"--max-examples={examples}",
        "--seed=1",
        "--warnings=off",
        "--request-timeout=20",
    ]
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(root),
        "SCHEMATHESIS_HOOKS": "tests.support.schemathesis_hooks",
    }
    told = subprocess.run(
        command,
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=250,
        check=False,
    )
    assert told.returncode == 0, told.stdout[-6000:] + told.stderr[-2000:]


@pytest.mark.timeout(300)
def test_ingest_responds_as_its_document_says(
    ingest: IngestServer, root: Path, tmp_path: Path
) -> None:
    asked(ingest.url, root, tmp_path, 30)


@pytest.mark.database
@pytest.mark.timeout(300)
def test_the_dashboard_responds_as_its_document_says(
    mongo_url: str, root: Path, tmp_path: Path
) -> None:
    with new_database(mongo_url) as database:
        environment = {
            "MONGO_URL": mongo_url,
            "MONGO_DB": database.name,
            "EVENTS_SECONDS": "1",  # each request for the stream of changes waits for its end
        }
        with running(deployed("dashboard"), root, environment, tmp_path / "log") as process:
            asked(process.url, root, tmp_path, 20)
