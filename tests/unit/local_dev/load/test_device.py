"""The load generator's devices."""

import json
import random
from datetime import UTC, datetime

import pytest

from functions.ingest.request_body import Posting, json_content, posting_of
from local_dev.load.device import FAULTS, Shares, SimulatedDevice

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)


def device(seed: int = 1) -> SimulatedDevice:
    return SimulatedDevice(7, "session", random.Random(seed))


def posted(readings: list[dict[str, object]]) -> Posting:
    return posting_of(json_content(json.dumps(readings).encode()), NOW, None, lambda: "nonce")


def test_ingest_takes_what_a_simulated_device_sends() -> None:
    simulated = device()

    posting = posted([simulated.reading(NOW, Shares()) for _ in range(200)])

    assert posting.refused == []
    assert len({reading.reading_id for _, reading in posting.accepted}) == 200


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_ingest_refuses_each_fault(fault: dict[str, object]) -> None:
    posting = posted([device().reading(NOW, Shares()) | fault])

    assert [one.field for item in posting.refused for one in item.faults] == list(fault)


def test_a_share_of_one_makes_every_reading_bad() -> None:
    simulated = device()

    posting = posted([simulated.reading(NOW, Shares(bad=1)) for _ in range(50)])

    assert len(posting.refused) == 50


def test_a_breach_is_above_the_usual_threshold_and_taken() -> None:
    simulated = device()

    posting = posted([simulated.reading(NOW, Shares(breach=1)) for _ in range(50)])

    assert posting.refused == []
    assert all(
        reading.temperature_c > 50 for _, reading in posting.accepted if reading.temperature_c
    )


@pytest.mark.parametrize(("share", "twice"), [(0, False), (1, True)])
def test_a_request_is_sent_twice_by_its_share(share: float, *, twice: bool) -> None:
    assert device().sends_twice(Shares(duplicates=share)) is twice
