"""What `local-dev/invoke` sends, and what it says of the answer."""

from pathlib import Path

import pytest

from local_dev.commands.invocation import comment_on, request_for
from local_dev.wire.cloud_event import NotAnEventError
from tests.support.manifests import a_rule

RULE = a_rule(3, "exponential", delay_s=2)


def test_an_event_goes_out_in_binary_mode_with_kafkasources_headers(root: Path) -> None:
    given = (root / "tests/events/reading-too-hot.json").read_bytes()

    request = request_for("alert", given, "telemetry")

    headers = dict(request.headers)
    assert request.path == "/"
    assert headers["ce-type"] == "iot.telemetry.readings.v1"
    assert headers["content-type"] == "application/json"
    assert headers["Kn-Namespace"] == "telemetry"
    assert request.body.startswith(b'[{"reading_id":"')


def test_ingest_gets_the_file_as_it_is() -> None:
    request = request_for("ingest", b'{"device_id": "a"}', "telemetry")

    assert request.path == "/ingest"
    assert dict(request.headers) == {"content-type": "application/json"}
    assert request.body == b'{"device_id": "a"}'


def test_a_file_without_an_event_is_refused() -> None:
    with pytest.raises(NotAnEventError):
        request_for("alert", b'{"device_id": "a"}', "telemetry")


@pytest.mark.parametrize(
    ("status", "comment"),
    [
        (204, "KafkaSource raw-to-alert: done; the record's offset can be committed."),
        (422, "KafkaSource raw-to-alert: to the dead letters at once (422 is not retried)."),
        (503, "sends it again, up to 3 times (after 4, 8, 16 s), then to the dead letters."),
        (404, "sends it again, up to 3 times"),
    ],
)
def test_the_comment_says_what_kafkasource_would_do(status: int, comment: str) -> None:
    assert comment in comment_on(status, "raw-to-alert", RULE)


@pytest.mark.parametrize(
    ("status", "comment"),
    [(202, "queued"), (422, "nothing was queued"), (500, "KafkaSource does not")],
)
def test_the_comment_on_ingests_answer_speaks_to_the_device(status: int, comment: str) -> None:
    assert comment in comment_on(status, None, None)


def test_of_many_retries_the_first_waits_and_the_last_are_said() -> None:
    patient = a_rule(200, "linear", delay_s=2)

    assert "(after 2, 4, 6, 8, 10, ..., 400 s)" in comment_on(503, "dlq-to-dlq", patient)
