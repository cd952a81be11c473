"""What a line of line protocol says."""

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from influxdb.line_protocol import make_lines
from influxdb_client.client.write.point import Point

from functions.ingest.dialects.influx_line import Line, LineError, lines_in
from tests.support.readings import QUICK

CHARACTERS = st.characters(codec="ascii", categories=("L", "N", "P", "S"), exclude_characters="\\")
NAMES = st.text(CHARACTERS, max_size=9).map("a{}b".format)
WORDS = st.dictionaries(NAMES, NAMES, max_size=3)
NANOSECONDS = st.integers(0, 2**62)
NUMBERS = st.floats(-1e300, 1e300) | st.integers(-(2**53), 2**53) | st.booleans()
VALUES = NUMBERS | st.text(max_size=12).filter(lambda text: "\r" not in text)


def line_of(text: str) -> Line:
    (line,) = lines_in(text)
    assert isinstance(line, Line), line
    return line


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("m v=1", Line("m", {}, {"v": 1.0}, {}, None)),
        ("m,t=a v=1 17", Line("m", {"t": "a"}, {"v": 1.0}, {}, 17)),
        ("m,t=a,u=b v=1i,w=2u,x=-3.5e-2 -17", Line(
            "m", {"t": "a", "u": "b"}, {"v": 1.0, "w": 2.0, "x": -0.035}, {}, -17
        )),
        ("m v=t,w=FALSE", Line("m", {}, {"v": 1.0, "w": 0.0}, {}, None)),
        (r"a\ b\,c,t\=u=v\ w\,x f\ g=1", Line("a b,c", {"t=u": "v w,x"}, {"f g": 1.0}, {}, None)),
        (r"a=b,t=c\d v=1", Line("a=b", {"t": r"c\d"}, {"v": 1.0}, {}, None)),
        (r'm s="a, b=c \"d\" \\e",v=1 5', Line("m", {}, {"v": 1.0}, {"s": r'a, b=c "d" \e'}, 5)),
        ('m s="",v=1', Line("m", {}, {"v": 1.0}, {"s": ""}, None)),
        ('m,size=12" v=1', Line("m", {"size": '12"'}, {"v": 1.0}, {}, None)),
        ("m  v=1  5  \r\n", Line("m", {}, {"v": 1.0}, {}, 5)),
        ("°C,entity_id=é v=.5", Line("°C", {"entity_id": "é"}, {"v": 0.5}, {}, None)),
        ("m v=+1.", Line("m", {}, {"v": 1.0}, {}, None)),
    ],
)  # fmt: skip
def test_a_line_is_read(text: str, said: Line) -> None:
    assert line_of(text) == said


@pytest.mark.parametrize(
    "text",
    [
        *("m", "m v", "m v=", "m =1", ",t=a v=1", "m,t v=1", "m,t= v=1", "m,=a v=1", "m v=1,"),
        *("m v=1 5 6", "m v=1 now", "m v=1 5.5", "m v=NaN", "m v=1x", "m v=inf", "m v=yes"),
        *('m v="open', 'm v="a"b', "m v=1i5", "m, v=1", "m v=1\tw=2", "m v=1e", "m v=--1"),
        *("m v=1 " + "9" * 21, "<html>", "{}", "\0", " m v=1"),
    ],
)
def test_what_is_no_line_is_told(text: str) -> None:
    (error,) = lines_in(text)

    assert isinstance(error, LineError)
    assert str(error).startswith(("is no line of measurement", "the field "))


def test_blank_lines_and_comments_say_nothing() -> None:
    text = "\n# m v=1\n  \r\nm v=1\n  # more\n"

    assert list(lines_in(text)) == [line_of("m v=1")]


def test_a_bad_line_takes_no_good_one_with_it() -> None:
    kinds = [type(line) for line in lines_in('m v=1\nm v="open\nm v\nm v=2\n')]

    assert kinds == [Line, LineError, LineError, Line]


def test_a_string_may_go_over_line_ends() -> None:
    first, second = lines_in('m s="a\n\nb",v=1 5\nm v=2')

    assert isinstance(first, Line)
    assert (first.texts, first.numbers, first.time) == ({"s": "a\n\nb"}, {"v": 1.0}, 5)
    assert isinstance(second, Line)


def test_very_many_open_strings_do_not_hold_the_process() -> None:
    text = 'm v="open\n' * 5_000 + "x" * 3_000_000
    started = time.process_time()

    errors = list(lines_in(text))

    assert len(errors) == 5_001
    assert time.process_time() - started < 5


@QUICK
@given(NAMES, WORDS, st.dictionaries(NAMES, VALUES, min_size=1, max_size=4), NANOSECONDS)
def test_what_the_client_of_version_2_writes_is_read_as_it_was_meant(
    measurement: str, tags: dict[str, str], fields: dict[str, Any], ns: int
) -> None:
    point = Point.from_dict(
        {"measurement": measurement, "tags": tags, "fields": fields, "time": ns}
    )

    line = line_of(point.to_line_protocol())

    assert (line.measurement, line.tags, line.time) == (measurement, tags, ns)
    assert {**line.numbers, **line.texts} == fields


@QUICK
@given(NAMES, WORDS, st.dictionaries(NAMES, NUMBERS, min_size=1, max_size=4), NANOSECONDS)
def test_what_the_client_of_version_1_writes_is_read_as_it_was_meant(
    measurement: str, tags: dict[str, str], fields: dict[str, Any], ns: int
) -> None:
    point = {"measurement": measurement, "tags": tags, "fields": fields, "time": ns}

    line = line_of(make_lines({"points": [point]}))

    assert (line.measurement, line.tags, line.time) == (measurement, tags, ns)
    assert line.numbers == fields


@QUICK
@given(st.text())
def test_any_text_whatsoever_is_lines_or_faults(text: str) -> None:
    assert all(isinstance(line, (Line, LineError)) for line in lines_in(text))
