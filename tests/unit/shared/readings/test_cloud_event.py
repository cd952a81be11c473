"""What the decoder reads from a request."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.outcomes import PermanentError
from shared.readings.cloud_event import event_of

WHOLE = [
    (b"ce-id", b"1"),
    (b"ce-source", b"/s"),
    (b"ce-type", b"t"),
    (b"ce-specversion", b"1.0"),
]


def test_attributes_are_the_headers_that_begin_with_ce() -> None:
    event = event_of([*WHOLE, (b"ce-subject", b"d-1"), (b"host", b"h")], b"data")

    assert event.attributes == {
        "id": "1",
        "source": "/s",
        "type": "t",
        "specversion": "1.0",
        "subject": "d-1",
    }
    assert (event.event_id, event.source, event.event_type) == ("1", "/s", "t")


def test_the_content_type_and_the_bytes_are_kept_as_they_come() -> None:
    event = event_of([*WHOLE, (b"content-type", b"text/plain; charset=latin-1")], b"\x00\xff")

    assert (event.content_type, event.data) == ("text/plain; charset=latin-1", b"\x00\xff")


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (b"Z%C3%BCrich%20%22x%22", "Z%C3%BCrich%20%22x%22"),  # KafkaSource does not encode
        (b"50% of it", "50% of it"),
        (b"%ff", "%ff"),
        (b"%2541", "%2541"),
        (b"%", "%"),
        (b'"quoted \\" text"', '"quoted \\" text"'),
        (b"Z\xfcrich", "Zürich"),  # KafkaSource writes Latin-1
        (b"\x80\xff", "\x80\xff"),
        ("Zürich".encode(), "ZÃ¼rich"),  # UTF-8 is not what it writes; its bytes stay tellable
        (b"", ""),
    ],
)
def test_attribute_values_are_kept_as_they_were_sent(sent: bytes, kept: str) -> None:
    assert event_of([*WHOLE, (b"ce-subject", sent)], b"").attributes["subject"] == kept


def test_two_ids_that_differ_by_an_escape_stay_two() -> None:
    ids = {event_of([(b"ce-id", sent), *WHOLE[1:]], b"").event_id for sent in (b"a%41", b"aA")}

    assert len(ids) == 2


@given(st.binary())
def test_the_bytes_of_a_value_can_be_read_back_from_it(sent: bytes) -> None:
    event = event_of([*WHOLE, (b"ce-subject", sent)], b"")

    assert event.attributes["subject"].encode("latin-1") == sent


@pytest.mark.parametrize("name", ["id", "source", "type", "specversion"])
def test_a_missing_attribute_is_named(name: str) -> None:
    rest = [header for header in WHOLE if header[0] != f"ce-{name}".encode()]

    with pytest.raises(PermanentError) as caught:
        event_of(rest, b"")

    assert (caught.value.reason, caught.value.field) == ("not_an_event", f"ce-{name}")


def test_nothing_is_missing_where_nothing_is_required() -> None:
    assert event_of([], b"x", required=()).event_id == ""
