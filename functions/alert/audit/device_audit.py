"""The audit of one device after the other: its readings folded in one go, beside its alerts.

Alerts follow readings after a while: by the event that brings the same readings to `alert`, or by
the tick. So a difference is looked at again, and counts when it stays.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from functions.alert.audit.comparison import Finding, differences, expected_alerts
from functions.alert.backtest.device_timeline import DeviceTimeline
from functions.alert.backtest.stored import StoredReadings
from functions.alert.device_state import DeviceState
from functions.alert.evaluation.evaluation import evaluate
from functions.alert.evaluation.job import Job
from functions.alert.evaluation.starting_point import LEAST
from functions.alert.rules_in_force import RulesInForce
from functions.alert.store.alerts import AlertStore
from functions.alert.store.states import StateStore
from functions.alert.work import AlertWork
from shared.alerts.rules.history import RuleHistory
from shared.mongo.database import Database, Session
from shared.mongo.reading_store import intact_until
from shared.readings.identity import EPOCH

LOOKS: Final = 3
_PAUSE_S: Final = 2.0
_OVERDUE: Final = timedelta(minutes=10)  # ticks come each minute
_END: Final = datetime.max.replace(tzinfo=EPOCH.tzinfo)


@dataclass(frozen=True, slots=True)
class Audited:
    """One device: how many readings and alerts were compared, what differs, what was put right."""

    device_id: str
    readings: int
    alerts: int
    findings: Sequence[Finding]
    is_waiting: bool = False  # for a tick, without which nothing can be compared
    is_repaired: bool = False


class DeviceAudit:
    """Audits the alerts of a live database in one session."""

    def __init__(
        self,
        database: Database,
        session: Session,
        rules: RulesInForce,
        retention: timedelta | None,
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        self._database = database
        self._session = session
        self._rules = rules
        self._retention = retention
        self._sleep = sleep
        self._states = StateStore(database, session)
        self._alerts = AlertStore(database, session)
        self._readings = StoredReadings(database, session)

    async def devices(self, after: str) -> AsyncIterator[str]:
        """Return each device after this one that has readings or alerts, in the order of ids."""
        last = after
        while True:
            found = [await self._readings.next_device(last), await self._alerts.next_device(last)]
            following = min((one for one in found if one is not None), default=None)
            if following is None:
                return
            yield (last := following)

    async def audit(self, device_id: str, *, is_repairing: bool) -> Audited:
        """Compare the alerts of a device; put them right by the same write as the function's.

        Raise TemporaryError where the database fails.
        """
        look = await self._look_well(device_id)
        if not is_repairing or not (look.findings or look.is_waiting):
            return look
        job = Job(device_id, valid_from=self._intact_from() or LEAST)
        await evaluate(self._database, self._session, AlertWork(self._rules), {device_id: job})
        again = await self._look(device_id)
        if look.is_waiting:
            return again
        return replace(look, is_repaired=not again.findings)

    async def _look_well(self, device_id: str) -> Audited:
        """Look until nothing differs, or what differs has stayed while nobody wrote."""
        look = await self._look(device_id)
        for _ in range(LOOKS - 1):
            if not look.findings:
                return look
            await self._sleep(_PAUSE_S)
            look = await self._look(device_id)
        return look

    async def _look(self, device_id: str) -> Audited:
        found = await self._states.find([device_id])
        await self._rules.follow(self._database, self._session, found.revision)
        state = found.states.get(device_id)
        stored = (await self._alerts.of_devices({device_id: LEAST}))[device_id]
        histories = self._rules.book.histories_for(device_id)
        timeline, count = DeviceTimeline(histories), 0
        self._readings.want(self._rules.book.sensors)
        async for page in self._readings.pages(device_id, self._intact_from() or EPOCH, _END):
            timeline.add(page)
            count += len(page)
        clock = self._readings.clock
        if state is not None and _is_waiting(state, clock):
            overdue = _overdue(state, clock)
            return Audited(device_id, count, len(stored), overdue, is_waiting=True)
        expected = expected_alerts(device_id, histories, timeline.end(clock))
        findings = differences(expected, stored, self._compared_from(histories))
        return Audited(device_id, count, len(stored), findings)

    def _intact_from(self) -> datetime | None:
        """Return the event time from which on retention has taken nothing; None without it."""
        if self._retention is None:
            return None
        taken = self._readings.clock - intact_until(EPOCH, self._retention)
        return EPOCH + taken

    def _compared_from(self, histories: Mapping[str, RuleHistory]) -> datetime:
        """Return the time from which on alerts follow from intact readings alone.

        An alert also says how many there were in the time before it.
        """
        intact = self._intact_from()
        if intact is None:
            return EPOCH
        rules = [rule for history in histories.values() for _, rule in history.steps if rule]
        return intact + max((rule.flap_within for rule in rules), default=timedelta(0))


def _is_waiting(state: DeviceState, clock: datetime) -> bool:
    """Return whether a tick is still to come: until then nothing can be compared."""
    return state.due is not None and state.due <= clock


def _overdue(state: DeviceState, clock: datetime) -> Sequence[Finding]:
    """Return that no tick has come for long, where that is so."""
    assert state.due is not None
    is_at_once = state.due == EPOCH
    if is_at_once or clock - state.due < _OVERDUE:
        return ()
    return (Finding("overdue", state.device_id, "~"),)
