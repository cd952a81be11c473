"""The closed set of reasons."""

import pytest

from shared.outcomes import PermanentError, Reason


@pytest.mark.parametrize("reason", Reason)
def test_a_reason_of_ours_is_its_own_label(reason: Reason) -> None:
    assert Reason.label_of(reason.value) is reason


@pytest.mark.parametrize("word", ["", "http_418", "Some Words", "KAFKA"])
def test_any_other_word_is_counted_as_other(word: str) -> None:
    assert Reason.label_of(word) is Reason.OTHER


def test_an_error_reads_as_a_sentence_about_its_field() -> None:
    assert str(PermanentError(Reason.INVALID, "must be a number", "humidity")) == (
        "humidity: must be a number"
    )
    assert str(PermanentError(Reason.INVALID, "must be a number")) == "must be a number"
