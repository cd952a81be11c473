"""Each of these tests runs twice: on the database double and on the real MongoDB."""

import pytest

from tests.simulation.databases import Databases, Double, Real


@pytest.fixture(params=["double", pytest.param("real", marks=pytest.mark.database)])
def databases(request: pytest.FixtureRequest) -> Databases:
    if request.param == "double":
        return Double()
    return Real(request.getfixturevalue("mongo_url"))
