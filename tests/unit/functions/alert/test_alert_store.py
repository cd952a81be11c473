"""An alert that a majority does not hold, or whose reading is not there, is tried again."""

from datetime import timedelta

import pytest

from functions.alert.alert_store import keep_alerts
from functions.alert.thresholds import AllowedRange, alerts_raised_by
from shared.mongo.collections import ALERTS
from shared.mongo.database import Database
from shared.mongo.reading_store import Incoming, StoredAs, keep
from shared.outcomes import TemporaryError
from tests.simulation.databases import Double
from tests.support.hidden_collection import where_nothing_is_found_in
from tests.support.readings import NOW, accepted

HOT = accepted(temperature_c=63.5)
(ALERT,) = alerts_raised_by(HOT, {"temperature_c": AllowedRange(0, 50)})
STORED_AS = StoredAs(HOT.reading_id, HOT.ts)


def test_an_alert_whose_reading_is_not_there_is_to_be_tried_again() -> None:
    async def scenario(database: Database) -> None:
        async with database.client.start_session(causal_consistency=True) as session:
            await keep_alerts(database, session, [(ALERT, STORED_AS)])

    with pytest.raises(TemporaryError, match="a reading that was just kept is not there"):
        Double().run(scenario)


def test_an_alert_of_somebody_else_that_no_majority_holds_yet_is_to_be_tried_again() -> None:
    async def scenario(database: Database) -> None:
        async with database.client.start_session(causal_consistency=True) as session:
            await keep(database, session, [Incoming(HOT, NOW + timedelta(seconds=1))])
            await keep_alerts(database, session, [(ALERT, STORED_AS)])
            lagging = where_nothing_is_found_in(database, ALERTS)
            await keep_alerts(lagging, session, [(ALERT, STORED_AS)])

    with pytest.raises(TemporaryError, match="1 alerts are not confirmed by a majority yet"):
        Double().run(scenario)
