"""Is what is stored exact on the real MongoDB, too?"""

import pytest

from shared.mongo import Database
from tests.exactness.databases import Real
from tests.exactness.real_schedule import RealSchedule


@pytest.mark.database
@pytest.mark.timeout(120)
@pytest.mark.parametrize("seed", range(8))
def test_every_promise_is_kept_in_schedules_on_the_real_database(mongo_url: str, seed: int) -> None:
    async def scenario(database: Database) -> None:
        await RealSchedule(database, seed).run()

    Real(mongo_url).run(scenario)
