"""What a response says of a failure."""

import json
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.outcomes import PermanentError, Reason, TemporaryError
from shared.serving.http import permanent_error_response, problem, temporary_error_response
from tests.support.readings import QUICK

ANY_TEXT = st.text(st.characters(), max_size=2_000)  # lone surrogates among them
LEGAL_EXTENSION = re.compile(r"kne-[a-z0-9]+")  # CloudEvents 1.0.2, attribute names
WHOLE_IN_AN_ATTRIBUTE = 1_024  # bytes that KafkaSource keeps as knativeerrordata


def test_a_problem_has_the_members_of_rfc_9457() -> None:
    answer = problem(404, "no such device", device_id="d-1")

    assert answer.content_type == "application/problem+json"
    assert json.loads(answer.body) == {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "detail": "no such device",
        "device_id": "d-1",
    }


@QUICK
@given(ANY_TEXT, ANY_TEXT)
@example("x" * 2_000, "x" * 2_000)
@example("ü" * 2_000, "\0" * 2_000)  # 6 bytes of JSON each
@example("\N{SNOWMAN}" * 300, "\N{GRINNING FACE}" * 200)  # 6 and 12
def test_a_rejection_is_kept_whole_by_kafka_source(detail: str, field: str) -> None:
    answer = permanent_error_response(PermanentError(Reason.INVALID_READING, detail, field))

    assert len(answer.body) <= WHOLE_IN_AN_ATTRIBUTE
    assert json.loads(answer.body)["reason"] == "invalid_reading"


@QUICK
@given(ANY_TEXT)
@example("\N{GRINNING FACE}" * 300)
def test_a_try_again_is_kept_whole_by_kafka_source(detail: str) -> None:
    answer = temporary_error_response(TemporaryError("keep_readings", detail))

    assert len(answer.body) <= WHOLE_IN_AN_ATTRIBUTE


def test_a_short_detail_is_told_in_full() -> None:
    body = json.loads(
        permanent_error_response(
            PermanentError(Reason.INVALID, "must be a number", "0.humidity")
        ).body
    )

    assert (body["detail"], body["field"]) == ("must be a number", "0.humidity")


@pytest.mark.parametrize(
    "answer",
    [
        permanent_error_response(PermanentError(Reason.WRONG_TYPE, "x")),
        temporary_error_response(TemporaryError("kafka", "x")),
    ],
)
def test_the_reason_travels_as_a_legal_extension(answer: object) -> None:
    headers = dict(getattr(answer, "headers"))  # noqa: B009 - both kinds of answer have them

    assert [name for name in headers if LEGAL_EXTENSION.fullmatch(name)] == ["kne-reason"]


def test_a_try_again_says_when() -> None:
    answer = temporary_error_response(TemporaryError("kafka", "x"))

    assert (answer.status, dict(answer.headers)["retry-after"]) == (503, "2")
