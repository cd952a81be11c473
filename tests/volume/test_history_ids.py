"""The readings that the volume suite stores by hand have the ids that ingest would give them."""

from datetime import timedelta

from tests.volume.fleet import reading_at
from tests.volume.history import START, readings_at


def test_a_reading_of_the_stored_history_has_its_right_id() -> None:
    made = readings_at(second=7, devices=3)

    expected = [
        reading_at(f"old-{device}", START + timedelta(seconds=7), 7 * 3 + device)
        for device in range(3)
    ]
    assert [(one["_id"], one["temperature_c"]) for one in made] == [
        (one.reading_id, one.temperature_c) for one in expected
    ]
