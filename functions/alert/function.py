"""The alert function: readings and ticks come in as events; alerts are what follows from them."""

from collections.abc import Sequence
from typing import Final

from functions.alert.intake import keep_and_alert
from functions.alert.notify.sender import Sender
from functions.alert.notify.targets.settings import Targets
from functions.alert.rules_in_force import RulesInForce
from functions.alert.tick import tick
from functions.alert.work import AlertWork
from shared.alerts.rules.rule_set import RuleSet
from shared.mongo.connection import Mongo
from shared.mongo.erasures import Erasures
from shared.mongo.reading_store import Incoming
from shared.readings.cloud_event import TICK_TYPE, CloudEvent
from shared.serving.event_function import EventFunction
from shared.serving.intake import Intake

# Of a group's 2,000 readings, that an event counts as at least: of 500 events in flight one half
# is worked on while the other one waits for the database.
_LEAST_WEIGHT: Final = 8


def alert_function(mongo: Mongo, stated: RuleSet, targets: Targets | None = None) -> EventFunction:
    """Return the function on this database, with the rules and targets it was started with."""
    sender = Sender(mongo, Targets(()) if targets is None else targets)
    return EventFunction("alert", mongo, AlertHandler(mongo, stated, sender), resources=[sender])


class AlertHandler:
    """An event is done when its readings are stored and the alerts of their devices follow them."""

    def __init__(self, mongo: Mongo, stated: RuleSet, sender: Sender) -> None:
        self._mongo = mongo
        self._sender = sender
        self._work = AlertWork(RulesInForce(stated), sender)
        self._erasures = Erasures(mongo)
        self._intake = Intake(self._keep, mongo.holds_dedup_unique, _LEAST_WEIGHT)

    async def handle(self, event: CloudEvent) -> None:
        """Store the event's readings and what follows; for a tick, do what is due.

        Raise PermanentError for an event that is not of readings, TemporaryError where the
        database fails.
        """
        if event.event_type == TICK_TYPE:
            await tick(self._mongo.database, self._work)
            await self._sender.tick()
            return
        await self._intake.take(event)

    async def _keep(self, incoming: Sequence[Incoming]) -> frozenset[str]:
        kept = await self._erasures.without_erased(incoming)
        if not kept:
            return frozenset()
        database, retention = self._mongo.database, self._mongo.raw_retention
        return await keep_and_alert(database, kept, self._work, retention)
