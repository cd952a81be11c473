"""Whatever a device posts, the response is one that the interface describes."""

import json

from hypothesis import given
from hypothesis import strategies as st

from tests.support.asgi_client import Seen
from tests.support.ingest_device import Device
from tests.support.readings import POSTED, QUICK

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=8,
)
ALMOST_READINGS = st.builds(
    lambda good, field, value: good | {field: value},
    POSTED,
    st.sampled_from(["device_id", "ts", "id", "temperature_c", "lat", "lon", "measurements", "x"]),
    JSON_VALUES,
)
BODIES = st.one_of(
    st.binary(max_size=200),
    JSON_VALUES.map(lambda value: json.dumps(value).encode()),
    st.lists(POSTED | ALMOST_READINGS, max_size=5).map(lambda items: json.dumps(items).encode()),
    ALMOST_READINGS.map(lambda item: json.dumps(item).encode()),
)


@QUICK
@given(BODIES)
def test_no_body_whatsoever_is_a_fault_of_ours(body: bytes) -> None:
    seen = Device().posts(body)

    assert seen.status in {202, 207, 400, 422}
    assert is_well_formed(seen)


def is_well_formed(seen: Seen) -> bool:
    """A success tells of each reading; a failure is a problem that says its status and why."""
    body = seen.json()
    if seen.status < 300:
        return "readings" in body or len(body["reading_id"]) == 44
    is_problem = seen.headers["content-type"] == "application/problem+json"
    return is_problem and body["status"] == seen.status and bool(body["detail"])
