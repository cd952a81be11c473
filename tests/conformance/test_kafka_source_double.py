"""local-dev's KafkaSource against a recording of the real one, on a real Kafka.

A selection that takes under two minutes; `local-dev/conform` runs the whole.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.conformance.comparison import differences, known_differences, objections
from tests.conformance.driver import observe
from tests.support.availability import shared_folder

if TYPE_CHECKING:
    from collections.abc import Sequence

SELECTION = (
    "status",
    "ordered",
    "inflight",
    "dlqfail",
    "term_idle",
    "knebad",
    "fmt",
    "nullhdr",
    "trace",
    "txn",
    "key_integer",
    "key_double",
    "key_bytearray",
    "term_retry0",
)
LANES = 3
LOADED = "inflight"  # its peak is less where a busy machine takes 2 s to send 99 requests
KNOWN = Path(__file__).parent / "differences.yaml"


@pytest.fixture(scope="module")
def recording() -> Path:
    return shared_folder("kafkasource")


@pytest.mark.broker
@pytest.mark.timeout(240)
def test_the_double_differs_from_the_recorded_kafka_source_only_where_it_says(
    recording: Path, kafka_bootstrap: str
) -> None:
    driver = recording / "conform.py"
    recorded = (recording / "real-2026-07.jsonl").read_text(encoding="utf-8").splitlines()

    observed = observe(driver, kafka_bootstrap, SELECTION, LANES)

    objected = _objections(recorded, observed, SELECTION)
    if objected and all(each.startswith(f"{LOADED} ") for each in objected):
        objected = _objections(recorded, observe(driver, kafka_bootstrap, [LOADED], 1), [LOADED])
    assert objected == []


def _objections(recorded: list[str], observed: list[str], groups: Sequence[str]) -> list[str]:
    return objections(differences(recorded, observed), known_differences(KNOWN), groups)
