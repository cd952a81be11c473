"""What a device reads in the response to a batch, and what its preference changes."""

import pytest

from tests.support.ingest_device import BAD, Device
from tests.support.readings import posted


def test_a_good_batch_is_a_202_with_an_id_for_each() -> None:
    seen = Device().posts([posted(), posted(device_id="greenhouse-2")])

    body = seen.json()
    assert (seen.status, body["status"], body["accepted"], body["rejected"]) == (
        202,
        "queued",
        2,
        0,
    )
    assert [(one["index"], one["device_id"]) for one in body["readings"]] == [
        (0, "greenhouse-1"),
        (1, "greenhouse-2"),
    ]
    assert "errors" not in body


def test_a_mixed_batch_is_a_207_with_an_entry_for_each_bad_item() -> None:
    device = Device()

    seen = device.posts([posted(**BAD), posted(), 5])

    body = seen.json()
    assert (seen.status, body["accepted"], body["rejected"]) == (207, 1, 2)
    assert [(one["index"], one["field"]) for one in body["errors"]] == [
        (0, "temperature_c"),
        (2, ""),
    ]
    assert [one["index"] for one in body["readings"]] == [1]
    assert len(device.queued) == 1


def test_a_batch_without_a_good_item_is_a_422_with_an_entry_for_each() -> None:
    seen = Device().posts([posted(**BAD), 5])

    assert (seen.status, len(seen.json()["errors"])) == (422, 2)
    assert seen.json()["detail"].startswith("nothing was queued; item 0: temperature_c: ")


@pytest.mark.parametrize(
    "prefer",
    [
        [("prefer", "handling=strict")],
        [("prefer", "Handling = Strict; foo=bar")],
        [("prefer", 'respond-async, handling="strict"')],
        [("prefer", "respond-async"), ("prefer", "handling=strict")],
    ],
)
def test_strict_handling_queues_nothing_of_a_mixed_batch(prefer: list[tuple[str, str]]) -> None:
    device = Device()

    seen = device.posts([posted(), posted(**BAD)], *prefer)

    assert (seen.status, device.queued) == (422, [])
    assert seen.json()["detail"].startswith("nothing was queued; item 1: ")


@pytest.mark.parametrize("prefer", ["handling=lenient", "return=minimal", "handling", ""])
def test_other_preferences_change_nothing(prefer: str) -> None:
    assert Device().posts([posted(), 5], ("prefer", prefer)).status == 207


def test_of_many_bad_items_each_has_an_entry_and_all_have_5000() -> None:
    body = Device().posts([{f"x{number}": 1 for number in range(9)}] * 3_000).json()

    assert [one["index"] for one in body["errors"]] == list(range(3_000))


def test_strict_handling_queues_a_good_batch() -> None:
    assert Device().posts([posted()], ("prefer", "handling=strict")).status == 202
