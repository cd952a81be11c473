"""Rows come out so that a spreadsheet takes no cell for a formula, and numbers read back equal."""

import csv
import io
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.dashboard.series.formats import (
    Cell,
    Format,
    accepted_format,
    csv_lines,
    json_text,
    ndjson_lines,
)

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("accept", "wanted"),
    [
        ("", Format.JSON),
        ("*/*", Format.JSON),
        ("application/json", Format.JSON),
        ("text/html,application/xhtml+xml,*/*;q=0.8", Format.JSON),
        ("text/csv", Format.CSV),
        ("Text/CSV; header=present", Format.CSV),
        ("application/x-ndjson", Format.NDJSON),
        ("application/jsonl", Format.NDJSON),
        ("application/json;q=0.2, text/csv;q=0.9", Format.CSV),
        ("text/csv;q=0, application/x-ndjson; q=0.1", Format.NDJSON),
        ("text/csv;q=much", Format.JSON),
        ("text/csv, application/json", Format.CSV),
    ],
)
def test_the_format_is_the_one_that_the_client_likes_best(accept: str, wanted: Format) -> None:
    assert accepted_format(accept, Format.JSON) == wanted


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx"])
def test_a_text_that_a_spreadsheet_takes_for_a_formula_gets_an_apostrophe(text: str) -> None:
    header, row = csv.reader(io.StringIO("".join(csv_lines([text], [[text]])), newline=""))

    assert header == row == [f"'{text}"]


def test_a_negative_number_is_a_number() -> None:
    assert list(csv_lines(["x"], [[-1.5], [-3]]))[1:] == ["-1.5\r\n", "-3\r\n"]


def test_cells_are_written_as_rfc_4180_has_them() -> None:
    row: list[Cell] = ["a,b", 'say "a"', "two\nlines", "plain", None, True, False, NOON]

    (_, line) = csv_lines(["x"], [row])

    assert line == ('"a,b","say ""a""","two\nlines",plain,,true,false,2026-01-31T12:00:00.000Z\r\n')


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=5))
def test_a_number_reads_back_as_the_same_double(numbers: list[float]) -> None:
    line = list(csv_lines(["x"], [numbers]))[1]
    (row,) = ndjson_lines([{"numbers": numbers}])

    assert [float(cell) for cell in line.split(",")] == numbers
    assert json.loads(row)["numbers"] == numbers


@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=9), min_size=1, max_size=4))
def test_no_cell_begins_as_a_formula_and_each_row_has_its_cells(cells: list[str]) -> None:
    text = "".join(csv_lines(cells, [cells]))

    rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))

    assert [len(row) for row in rows if row] == [len(cells)] * len([row for row in rows if row])
    assert not [cell for row in rows for cell in row if cell.startswith(tuple("=+-@\t\r"))]


def test_times_stand_in_json_as_rfc_3339() -> None:
    assert json_text({"at": NOON, "none": None}) == '{"at":"2026-01-31T12:00:00.000Z","none":null}'


def test_each_format_says_its_media_type() -> None:
    assert [one.media_type.partition(";")[0] for one in Format] == [
        "application/json",
        "text/csv",
        "application/x-ndjson",
    ]
