"""The rounds of the refresh over the shards of a process: what fails, and what was taken away."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from functions.aggregate.refresh import quiet, scheduler
from functions.aggregate.refresh.cancellation import end_tasks
from functions.aggregate.refresh.lanes import Refreshed
from functions.aggregate.refresh.scheduler import RefreshScheduler
from shared.outcomes import TemporaryError
from shared.settings import AggregateSettings

HORIZON = datetime(2026, 3, 1, tzinfo=UTC)
DRAINED = Refreshed(readings=0, notes=0, is_drained=True, horizon=HORIZON)
MORE = Refreshed(readings=1, notes=1, is_drained=False, horizon=HORIZON)
AWAY = TemporaryError("refresh", "the database is away")


class Shares:
    """Holds three shards, and takes part as it is told."""

    running: RefreshScheduler | None = None

    def __init__(
        self,
        *,
        may_take_part: bool = True,
        has_readings: bool = False,
        work_comes_late: bool = False,
    ) -> None:
        self.work_comes_late = work_comes_late
        self.held = {(4, 0), (4, 1), (4, 2)}
        self.late_at: tuple[int, int] | None = None
        self.may_take_part = may_take_part
        self.has_readings = has_readings
        self.beats = 0
        self.has_left = False

    async def beat(self, *, is_urgent: bool = False) -> bool:
        self.beats += 1
        if is_urgent:
            self.held.add((4, 3))
        return self.may_take_part

    async def leave(self) -> None:
        self.has_left = True
        self.held.clear()
        if self.work_comes_late and self.running is not None:
            self.running.want()

    async def has_readings_from(self, _horizon: datetime) -> bool:
        return self.has_readings


class Done:
    result: bool | None = True

    async def step(self) -> bool | None:
        return self.result


def refresh_of(shares: Shares) -> RefreshScheduler:
    mongo: Any = type("Mongo", (), {"database": None, "raw_retention": None})()
    running: Any = RefreshScheduler(mongo, AggregateSettings())
    running._shares = shares
    running._scan = Done()
    running._hours = Done()
    checked: RefreshScheduler = running
    return checked


def lanes_return(monkeypatch: pytest.MonkeyPatch, lane: str, *results: object) -> None:
    """Have the lane return these, one after the other, then the last one."""
    left = list(results)

    async def step(*_shard: object) -> object:
        result = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(result, Exception):
            raise result
        return result

    monkeypatch.setattr(scheduler, lane, step)


def test_a_shard_that_fails_does_not_hold_up_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    lanes_return(monkeypatch, "live_pass", DRAINED, AWAY, DRAINED)
    lanes_return(monkeypatch, "late_step", DRAINED, AWAY, DRAINED)
    running = refresh_of(Shares())

    with pytest.raises(TemporaryError, match="away"):
        asyncio.run(running._live_round())
    with pytest.raises(TemporaryError, match="away"):
        asyncio.run(running._late_round())


def test_a_shard_that_was_given_back_since_the_round_began_gets_no_late_step(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shares, stepped = Shares(), []

    async def step(_this: object, *shard: int) -> Refreshed:
        stepped.append(shard)
        shares.held.discard((4, 1))
        return DRAINED

    monkeypatch.setattr(scheduler, "late_step", step)

    asyncio.run(refresh_of(shares)._late_round())

    assert stepped == [(4, 0), (4, 2)]


def test_a_shard_that_another_process_has_taken_is_held_no_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lanes_return(monkeypatch, "live_pass", DRAINED, None, DRAINED)
    shares = Shares()

    asyncio.run(refresh_of(shares)._live_round())

    assert shares.held == {(4, 0), (4, 2)}


def test_a_tick_is_done_when_a_pass_that_began_after_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    lanes_return(monkeypatch, "live_pass", DRAINED)
    lanes_return(monkeypatch, "late_step", DRAINED)

    async def tick() -> None:
        running = refresh_of(Shares(has_readings=True))
        await running.open()
        await running.next_pass(5)
        await running.close()

    asyncio.run(tick())


def test_a_tick_does_not_wait_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    lanes_return(monkeypatch, "live_pass", DRAINED)

    with pytest.raises(TemporaryError, match=r"no refresh was completed in 0\.01 s"):
        asyncio.run(refresh_of(Shares()).next_pass(0.01))


def test_a_process_that_ends_counts_what_is_left_and_gives_back_what_it_holds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lanes_return(monkeypatch, "live_pass", DRAINED)
    lanes_return(monkeypatch, "late_step", MORE, DRAINED)
    shares = Shares()

    asyncio.run(refresh_of(shares).close())

    assert shares.has_left


def test_while_a_process_of_the_version_before_may_be_at_work_the_scan_takes_over_first() -> None:
    shares = Shares(may_take_part=False)

    asyncio.run(refresh_of(shares)._beat())

    assert shares.beats == 2


def rest(monkeypatch: pytest.MonkeyPatch, shares: Shares) -> RefreshScheduler:
    """Have a process find nothing to do in any lane, then look whether it is idle."""
    monkeypatch.setattr(quiet, "STAY_S", 0.0)
    lanes_return(monkeypatch, "live_pass", DRAINED)
    lanes_return(monkeypatch, "late_step", DRAINED)
    running = refresh_of(shares)

    async def rounds() -> None:
        running.want()
        await running._scan_step()
        await running._hour_step()
        await running._live_round()
        await running._late_round()
        await running._beat()

    shares.running = running
    asyncio.run(rounds())
    return running


def test_a_process_with_nothing_left_gives_its_shards_back_and_rests(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shares = Shares()

    running = rest(monkeypatch, shares)

    assert shares.has_left
    assert not running._active.is_set()


@pytest.mark.parametrize(("is_at_end", "rests"), [(True, True), (None, True), (False, False)])
def test_hours_are_made_step_by_step_and_then_looked_for_again(
    monkeypatch: pytest.MonkeyPatch, *, is_at_end: bool | None, rests: bool
) -> None:
    running: Any = refresh_of(Shares())
    monkeypatch.setattr(Done, "result", is_at_end)

    rest_s = asyncio.run(running._hour_step())

    assert (rest_s == scheduler.BEAT_S) is rests
    assert running._quiet.has_made_hours is rests


def test_a_process_that_windows_wait_for_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    shares = Shares(has_readings=True)

    rest(monkeypatch, shares)

    assert not shares.has_left


def test_notes_that_come_while_a_process_leaves_are_not_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    running = rest(monkeypatch, Shares(work_comes_late=True))

    assert running._active.is_set()


def test_a_task_that_loses_its_cancellation_is_cancelled_again_and_then_left() -> None:
    async def stubborn() -> None:
        while True:
            try:
                await asyncio.sleep(10)
            except asyncio.CancelledError:
                if stubborn_has_ended:
                    raise

    stubborn_has_ended: list[bool] = []

    async def end() -> bool:
        task = asyncio.create_task(stubborn())
        await asyncio.sleep(0)
        await end_tasks([task])
        was_left = not task.done()
        stubborn_has_ended.append(True)
        await end_tasks([task])
        return was_left

    assert asyncio.run(end())
