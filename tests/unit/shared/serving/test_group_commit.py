"""How concurrent requests share one write."""

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.outcomes import TemporaryError
from shared.serving.group_commit import GroupCommit
from tests.support.readings import QUICK


class Store:
    """Takes groups as they are written; a write waits while `gate` is closed."""

    def __init__(self, *, is_open: bool = True) -> None:
        self.groups: list[list[int]] = []
        self.underway = 0
        self.most_underway = 0
        self.gate = asyncio.Event()
        if is_open:
            self.gate.set()

    async def commit(self, items: Sequence[int]) -> Sequence[int]:
        self.groups.append(list(items))
        self.underway += 1
        self.most_underway = max(self.most_underway, self.underway)
        await self.gate.wait()
        await asyncio.sleep(0)
        self.underway -= 1
        return [item * 10 for item in items]


def gathered(*waiting: Coroutine[Any, Any, Any]) -> list[Any]:
    async def all_of_them() -> list[Any]:
        async with asyncio.timeout(5):
            return await asyncio.gather(*waiting, return_exceptions=True)

    return asyncio.run(all_of_them())


def test_each_request_gets_the_result_of_its_own_item() -> None:
    commit = GroupCommit(Store().commit)

    assert gathered(*(commit.submit(number) for number in range(50))) == [
        number * 10 for number in range(50)
    ]


def test_requests_of_one_moment_share_one_write_in_the_order_they_came() -> None:
    store = Store()
    commit = GroupCommit(store.commit)

    gathered(*(commit.submit(number) for number in range(5)))

    assert store.groups == [[0, 1, 2, 3, 4]]


def test_the_next_group_fills_while_others_are_written() -> None:
    async def schedule() -> list[list[int]]:
        store = Store(is_open=False)
        commit = GroupCommit(store.commit, writers=1)
        first = asyncio.create_task(commit.submit(1))
        await until(lambda: store.underway == 1)
        rest = [asyncio.create_task(commit.submit(number)) for number in (2, 3, 4)]
        await asyncio.sleep(0)
        store.gate.set()
        await asyncio.gather(first, *rest)
        return store.groups

    assert asyncio.run(schedule()) == [[1], [2, 3, 4]]


def test_no_more_writes_are_under_way_than_there_are_writers() -> None:
    store = Store()
    commit = GroupCommit(store.commit, writers=2, max_weight=1)

    gathered(*(commit.submit(number) for number in range(20)))

    assert store.most_underway == 2


@QUICK
@given(st.lists(st.integers(1, 12), min_size=1, max_size=30), st.integers(1, 10))
def test_a_group_ends_at_its_weight_and_nothing_is_lost(weights: list[int], limit: int) -> None:
    store = Store()
    commit = GroupCommit(store.commit, lambda weight: weight, max_weight=limit)

    results = gathered(*(commit.submit(weight) for weight in weights))

    assert results == [weight * 10 for weight in weights]
    assert [weight for group in store.groups for weight in group] == weights
    assert all(sum(group) <= limit or len(group) == 1 for group in store.groups)


def test_a_failure_reaches_everyone_of_its_group_and_nobody_else() -> None:
    async def refuse_big_ones(items: Sequence[int]) -> Sequence[int]:
        await asyncio.sleep(0)
        if max(items) > 100:
            raise TemporaryError("keep_readings", "no")
        return items

    commit = GroupCommit(refuse_big_ones, max_weight=2)

    results = gathered(*(commit.submit(number) for number in (1, 101, 2, 3)))

    assert [type(result) for result in results] == [TemporaryError, TemporaryError, int, int]


def test_after_a_failure_the_next_write_is_made() -> None:
    outcomes = [ValueError("first"), None]

    async def fail_once(items: Sequence[int]) -> Sequence[int]:
        outcome = outcomes.pop(0)
        await asyncio.sleep(0)
        if outcome is not None:
            raise outcome
        return items

    async def schedule() -> int:
        commit = GroupCommit(fail_once, writers=1)
        with pytest.raises(ValueError, match="first"):
            await commit.submit(1)
        return await asyncio.wait_for(commit.submit(2), 5)

    assert asyncio.run(schedule()) == 2


def test_a_store_that_gives_too_few_results_is_told_to_everyone() -> None:
    async def forget_one(items: Sequence[int]) -> Sequence[int]:
        await asyncio.sleep(0)
        return items[:-1]

    commit = GroupCommit(forget_one)

    results = gathered(commit.submit(1), commit.submit(2))

    assert [type(result) for result in results] == [ValueError, ValueError]


def test_a_request_that_is_given_up_takes_nobody_with_it() -> None:
    async def schedule() -> tuple[int, list[list[int]]]:
        store = Store(is_open=False)
        commit = GroupCommit(store.commit)
        stays, goes = (asyncio.create_task(commit.submit(number)) for number in (1, 2))
        await until(lambda: store.underway == 1)
        goes.cancel()
        await asyncio.sleep(0)
        store.gate.set()
        return await stays, store.groups

    assert asyncio.run(schedule()) == (10, [[1, 2]])


def test_a_request_that_was_given_up_is_not_told_that_its_write_failed() -> None:
    async def schedule() -> Sequence[Any]:
        gate = asyncio.Event()

        async def fail(_: Sequence[int]) -> Sequence[int]:
            await gate.wait()
            raise TemporaryError("keep_readings", "no")

        commit = GroupCommit(fail)
        stays, goes = (asyncio.create_task(commit.submit(number)) for number in (1, 2))
        await asyncio.sleep(0.01)
        goes.cancel()
        await asyncio.sleep(0)
        gate.set()
        return await asyncio.gather(stays, goes, return_exceptions=True)

    outcomes = asyncio.run(schedule())

    assert [type(each) for each in outcomes] == [TemporaryError, asyncio.CancelledError]


def test_a_request_given_up_before_its_write_takes_nobody_with_it() -> None:
    async def schedule() -> int:
        commit = GroupCommit(Store().commit)
        goes = asyncio.create_task(commit.submit(1))
        await asyncio.sleep(0)
        goes.cancel()
        return await asyncio.wait_for(commit.submit(2), 5)

    assert asyncio.run(schedule()) == 20


@QUICK
@given(st.lists(st.integers(0, 4), min_size=1, max_size=25))
def test_whoever_comes_at_whatever_moment_is_served(pauses: list[int]) -> None:
    """No wake-up is lost: a request may come as a write ends, as one starts, or between."""

    async def one(commit: GroupCommit[int, int], pause: int) -> int:
        for _ in range(pause):
            await asyncio.sleep(0)
        return await commit.submit(pause)

    commit = GroupCommit(Store().commit, writers=1, max_weight=2)

    assert gathered(*(one(commit, pause) for pause in pauses)) == [p * 10 for p in pauses]


async def until(is_so: Any) -> None:
    async with asyncio.timeout(5):
        while not is_so():  # noqa: ASYNC110 - the very order of the loop's turns is tested
            await asyncio.sleep(0)
