"""How wide the cells of the map are."""

import math

from hypothesis import given
from hypothesis import strategies as st

from functions.dashboard.queries.device_map import Box

DEGREES = st.floats(-180, 180, allow_nan=False)


@given(DEGREES, DEGREES, st.floats(-90, 90), st.floats(-90, 90))
def test_a_cell_is_a_power_of_two_and_a_map_has_from_12_to_24_columns(
    one: float, other: float, low: float, high: float
) -> None:
    box = Box(min(one, other), min(low, high), max(one, other), max(low, high))

    exponent = math.log2(box.cell_degrees)
    width = max(box.east - box.west, 2 * (box.north - box.south))

    assert exponent == int(exponent)
    assert 2.0**-17 < box.cell_degrees <= 32
    assert box.cell_degrees == 2.0**-16 or 12 <= width / box.cell_degrees < 24.0001
