"""What is stored is exact on the real MongoDB, too."""

import pytest

from shared.mongo.database import Database
from tests.simulation.databases import Real
from tests.simulation.real_schedule import RealSchedule


# Workers are cut off anywhere, also while pymongo connects: it then drops the socket unclosed.
@pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")
@pytest.mark.filterwarnings(
    "ignore:Exception ignored in. <socket:pytest.PytestUnraisableExceptionWarning"
)
@pytest.mark.database
@pytest.mark.timeout(120)
@pytest.mark.parametrize("seed", range(8))
def test_every_promise_is_kept_in_schedules_on_the_real_database(mongo_url: str, seed: int) -> None:
    async def scenario(database: Database) -> None:
        await RealSchedule(database, seed).run()

    Real(mongo_url).run(scenario)
