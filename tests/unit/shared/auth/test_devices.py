"""Patterns of device ids."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.auth.devices import Devices, is_pattern

IDS = st.text("ab1-", min_size=1, max_size=4)
PATTERNS = IDS | IDS.map(lambda text: f"{text}*") | st.just("*")


@pytest.mark.parametrize("text", ["a", "a*", "*", "A.b_c:d-9", "x" * 128])
def test_an_id_or_a_beginning_is_a_pattern(text: str) -> None:
    assert is_pattern(text)


@pytest.mark.parametrize("text", ["", "a b", "*a", "a**", "a*b", "ä", "a\n", "x" * 129, "**"])
def test_any_other_text_is_none(text: str) -> None:
    assert not is_pattern(text)


@given(st.lists(PATTERNS, max_size=4), PATTERNS, IDS)
def test_what_a_set_covers_it_holds(patterns: list[str], pattern: str, device_id: str) -> None:
    devices = Devices(patterns)

    assert not (devices.cover(pattern) and device_id in Devices([pattern])) or device_id in devices


@given(st.lists(PATTERNS, max_size=4), IDS)
def test_a_set_holds_what_one_of_its_patterns_holds(patterns: list[str], device_id: str) -> None:
    alone = [device_id in Devices([pattern]) for pattern in patterns]

    assert (device_id in Devices(patterns)) == any(alone)


def test_without_the_pattern_for_all_the_others_stay() -> None:
    assert Devices(["*", "a*", "b"]).without_every().patterns == ("a*", "b")
