"""The alert function on a real database, given events as KafkaSource delivers them."""

import asyncio
from collections.abc import Sequence
from datetime import datetime

from functions.alert.function import alert_function
from shared.alerts.rules.load import rule_set
from shared.alerts.rules.rule_set import RuleSet
from shared.mongo.connection import Mongo
from shared.readings.cloud_event import TICK_TYPE
from shared.readings.reading import Reading
from shared.readings.reading_event import records_of
from shared.serving.http import HttpRequest, HttpResponse
from shared.settings import ThresholdSettings
from tests.support.readings import NOW, request_headers
from tests.support.servers import Documents, mongo_at

RULES = rule_set(ThresholdSettings(), "")
TICK = HttpRequest(
    "POST",
    "/",
    [
        (b"ce-id", b"tick-1"),
        (b"ce-source", b"/apis/v1/namespaces/telemetry/pingsources/alert-tick"),
        (b"ce-type", TICK_TYPE.encode()),
        (b"ce-specversion", b"1.0"),
    ],
    b"{}",
)


def deliver(
    url: str, database: Documents, *events: Sequence[Reading] | HttpRequest, rules: RuleSet = RULES
) -> list[HttpResponse]:
    """Deliver events of these readings at once, as KafkaSource does, and give the answers."""

    async def delivered() -> list[HttpResponse]:
        function = alert_function(Mongo(mongo_at(url, database.name)), rules)
        await function.open()
        try:
            requests = [one if isinstance(one, HttpRequest) else request_of(one) for one in events]
            return await asyncio.gather(*(function.respond(request) for request in requests))
        finally:
            await function.close()

    return asyncio.run(delivered())


def request_of(readings: Sequence[Reading], received_at: datetime = NOW) -> HttpRequest:
    record = records_of(readings, received_at)[0]
    return HttpRequest("POST", "/", request_headers(record), record.value)
