"""Queries with more parameters than any client sends."""

import pytest

from tests.support.ingest_device import Device


@pytest.mark.parametrize("path", ["/write", "/api/v2/write", "/ingest/ttn", "/ingest/chirpstack"])
def test_a_query_of_very_many_parameters_is_a_400_everywhere(path: str) -> None:
    seen = Device().posts({}, path=f"{path}?{'a=1&' * 30}")

    assert seen.status == 400
    assert b"over 20 parameters in the query" in seen.body
