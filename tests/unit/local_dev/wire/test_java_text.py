"""How Java writes numbers, and with them record keys."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_dev.manifests.eventing import KeyType
from local_dev.wire.java_text import java_double, java_float
from local_dev.wire.record_key import key_text


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (1.0, "1.0"),
        (2.5, "2.5"),
        (-0.0, "-0.0"),
        (0.001, "0.001"),
        (0.00012, "1.2E-4"),
        (9_999_999.0, "9999999.0"),
        (1e7, "1.0E7"),
        (123456789.0, "1.23456789E8"),
        (-1234.5, "-1234.5"),
        (1e100, "1.0E100"),
        (100.0, "100.0"),
        (float("nan"), "NaN"),
        (float("-inf"), "-Infinity"),
    ],
)
def test_a_double_is_written_as_java_writes_it(number: float, text: str) -> None:
    assert java_double(number) == text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_written_double_reads_back_the_same(number: float) -> None:
    assert float(java_double(number)) == number


@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_a_written_float_reads_back_the_same(number: float) -> None:
    four_bytes = struct.pack(">f", number)

    assert struct.pack(">f", float(java_float(four_bytes))) == four_bytes


def test_a_float_has_no_more_digits_than_it_needs() -> None:
    assert java_float(struct.pack(">f", 0.1)) == "0.1"


@pytest.mark.parametrize(
    ("key", "key_type", "text"),
    [
        (b"dev-1", KeyType.STRING, "dev-1"),
        (b"", KeyType.STRING, None),
        (None, KeyType.STRING, None),
        (b"\0\0\0\5", KeyType.INT, "5"),
        (b"\xff\xff\xff\xff", KeyType.INT, "-1"),
        (b"abc", KeyType.INT, "abc"),
        (b"\0\0\0\5", KeyType.FLOAT, "7.0E-45"),
        (b"\x3f\xf0\0\0\0\0\0\0", KeyType.FLOAT, "1.0"),
        (b"\xff\xfe\0", KeyType.BYTE_ARRAY, "//4A"),
    ],
)
def test_a_key_becomes_the_text_of_its_type(
    key: bytes | None, key_type: KeyType, text: str | None
) -> None:
    assert key_text(key, key_type) == text
