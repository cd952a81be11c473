"""Which bytes an event becomes, as an event and as a dead letter."""

import base64

import pytest

from local_dev.eventing.dead_letter import JammedError, dead_letter
from local_dev.wire.cloud_event import Event
from local_dev.wire.event_request import TraceContext, UnsendableEventError, event_request
from local_dev.wire.http_parser import Response

TRACE_ID = b"0af7651916cd43dd8448eb211c80319c"


def event(**more: str) -> Event:
    return Event({"specversion": "1.0", "id": "7", "source": "/s", "type": "t", **more}, None, b"x")


def lines_of(sent: Event) -> list[bytes]:
    return event_request(sent, "telemetry", TraceContext()).headers.split(b"\r\n")


def test_attributes_go_out_as_ce_headers_beside_kafkasources_own() -> None:
    lines = lines_of(event(subject="dev-1"))

    assert b"ce-subject: dev-1" in lines
    assert b"Kn-Namespace: telemetry" in lines
    assert b"Prefer: reply" in lines


@pytest.mark.parametrize(
    ("subject", "sent"),
    [
        ("K\u00e4lte", b"K\xe4lte"),
        ("a\u2603b", b"a?b"),
        ("\U0001f600", b"??"),
        ('a%20b "c"', b'a%20b "c"'),
        ("a\tb", b"a\tb"),
    ],
)
def test_values_go_out_as_latin_1_without_percent_encoding(subject: str, sent: bytes) -> None:
    assert b"ce-subject: " + sent in lines_of(event(subject=subject))


@pytest.mark.parametrize("control", ["\r\n", "\n", "\0", "\x1b", "\x7f"])
def test_a_control_character_makes_an_event_impossible_to_send(control: str) -> None:
    with pytest.raises(UnsendableEventError, match="ce-subject"):
        lines_of(event(subject=f"a{control}b"))


def test_a_trace_goes_on_with_a_new_span() -> None:
    trace = TraceContext()
    trace.enter(b"00-" + TRACE_ID + b"-b7ad6b7169203331-01")

    header = trace.header()

    assert header.startswith(b"traceparent: 00-" + TRACE_ID)
    assert b"b7ad6b7169203331" not in header


def test_a_record_without_a_trace_keeps_the_one_before_it() -> None:
    trace = TraceContext()
    trace.enter(b"00-" + TRACE_ID + b"-b7ad6b7169203331-01")

    trace.enter(None)

    assert TRACE_ID in trace.header()


def test_a_dead_letter_says_where_with_which_status_and_why() -> None:
    answer = Response(422, (("kne-Reason", "schema"), ("x-other", "1")), b'{"bad": 1}')

    letter = dead_letter(event(), "http://alert.telemetry.svc.cluster.local", answer)

    assert letter.attributes["knativeerrordest"] == "http://alert.telemetry.svc.cluster.local"
    assert letter.attributes["knativeerrorcode"] == "422"
    assert base64.b64decode(letter.attributes["knativeerrordata"]) == b'{"bad": 1}'
    assert letter.attributes["reason"] == "schema"
    assert "xother" not in letter.attributes


def test_only_the_first_1024_bytes_of_an_answer_are_kept() -> None:
    letter = dead_letter(event(), "http://a", Response(500, (), b"z" * 3000))

    assert base64.b64decode(letter.attributes["knativeerrordata"]) == b"z" * 1024


def test_without_an_answer_there_is_no_code_and_older_errors_are_gone() -> None:
    letter = dead_letter(event(knativeerrorcode="418", knativeerrordata="eA=="), "http://a", None)

    assert letter.attributes.keys() & {"knativeerrorcode", "knativeerrordata"} == set()


def test_a_kne_header_named_like_an_attribute_is_sent_beside_it() -> None:
    letter = dead_letter(event(), "http://a", Response(422, (("kne-id", "x1"),), b""))

    assert [line for line in lines_of(letter) if line.startswith(b"ce-id:")] == [
        b"ce-id: 7",
        b"ce-id: x1",
    ]


def test_a_kne_header_that_is_no_attribute_name_jams_the_event() -> None:
    with pytest.raises(JammedError, match="kne-error-class"):
        dead_letter(event(), "http://a", Response(422, (("kne-error-class", "x"),), b""))
