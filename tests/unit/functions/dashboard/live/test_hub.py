"""The hub with a feed that a test fills: one stream, whatever comes and goes."""

import asyncio

import pytest

from functions.dashboard.live import hub as hub_module
from functions.dashboard.live.changed import MOST_TOLD
from functions.dashboard.live.hub import TooManyClients
from functions.dashboard.live.interest import Interest, Kind
from functions.dashboard.live.mailbox import Mailbox
from functions.dashboard.live.position import Position
from shared.outcomes import TemporaryError
from tests.support.live_feed import ALL, FakeSource, device


async def told_to(mailbox: Mailbox) -> str:
    return (await mailbox.take(2)).decode()


def test_clients_that_come_at_once_share_one_stream() -> None:
    async def run() -> tuple[int, set[str]]:
        source = FakeSource()
        hub = source.hub()
        boxes = await asyncio.gather(*(hub.join(ALL, None) for _ in range(20)))
        firsts = {await told_to(box) for box in boxes}
        await hub.close()
        return len(source.feeds), firsts

    assert asyncio.run(run()) == (
        1,
        {'event: refetch\nid: 1000.0\ndata: {"position":"1000.0"}\n\n'},
    )


def test_what_changes_is_told_to_whoever_wants_it() -> None:
    async def run() -> tuple[str, bytes]:
        source = FakeSource()
        hub = source.hub()
        wants = await hub.join(ALL, None)
        other = await hub.join(Interest(frozenset({Kind.ALERT})), None)
        await told_to(wants), await told_to(other)
        source.feeds[0].tell(1_001, device("a"))
        seen = await told_to(wants), await other.take(0.01)
        await hub.close()
        return seen

    assert asyncio.run(run()) == ('event: device\ndata: "a"\n\nid: 1001.1\n\n', b"")


def test_rows_that_nobody_looks_at_are_not_read() -> None:
    async def run() -> int:
        source = FakeSource()
        hub = source.hub()
        await hub.join(Interest(frozenset(Kind), frozenset({"b"})), None)
        source.feeds[0].tell(1_001, device("a"))
        await asyncio.sleep(0.03)
        await hub.close()
        return len(source.feeds[0].reads)

    assert asyncio.run(run()) == 0


def test_a_client_that_comes_back_is_told_what_it_missed() -> None:
    async def run() -> str:
        source = FakeSource()
        hub = source.hub()
        await hub.join(Interest(frozenset({Kind.ALERT})), None)
        for second in (1_001, 1_002, 1_003):
            source.feeds[0].tell(second, device(f"d{second}"))
        await asyncio.sleep(0.03)
        text = await told_to(await hub.join(ALL, Position(1_002, 1)))
        await hub.close()
        return text

    text = asyncio.run(run())

    assert text.startswith("event: resumed\nid: 1003.1\n")
    assert "d1001" not in text
    assert "d1002" in text
    assert "d1003" in text


def test_one_that_missed_nothing_goes_on_where_it_was() -> None:
    async def run() -> str:
        hub = FakeSource().hub()
        await hub.join(ALL, None)
        text = await told_to(await hub.join(ALL, Position(1_005, 3)))
        await hub.close()
        return text

    assert asyncio.run(run()) == 'event: resumed\nid: 1005.3\ndata: {"position":"1005.3"}\n\n'


def test_one_that_missed_too_much_reads_its_view_anew() -> None:
    async def run() -> str:
        source = FakeSource()
        hub = source.hub()
        await hub.join(Interest(frozenset({Kind.ALERT})), None)
        source.feeds[0].tell(1_001, device(*(str(n) for n in range(MOST_TOLD + 1))))
        await asyncio.sleep(0.03)
        text = await told_to(await hub.join(ALL, Position(1_000, 1)))
        await hub.close()
        return text

    assert asyncio.run(run()).startswith("event: refetch\nid: 1001.1\n")


def test_one_that_was_away_longer_than_is_remembered_reads_its_view_anew() -> None:
    async def run() -> str:
        hub = FakeSource().hub()
        await hub.join(ALL, None)
        text = await told_to(await hub.join(ALL, Position(900, 0)))
        await hub.close()
        return text

    assert asyncio.run(run()).startswith("event: refetch\n")


def test_more_than_one_can_be_told_at_once_makes_it_read_anew() -> None:
    async def run() -> str:
        source = FakeSource()
        hub = source.hub()
        mailbox = await hub.join(ALL, None)
        await told_to(mailbox)
        source.feeds[0].tell(1_001, device(*(str(n) for n in range(MOST_TOLD + 1))))
        text = await told_to(mailbox)
        await hub.close()
        return text

    assert asyncio.run(run()).startswith("event: refetch\nid: 1001.1\n")


def test_after_a_restart_the_stream_begins_where_the_first_client_was() -> None:
    """And a little before: others come back with positions of their own."""

    async def run() -> tuple[Position, str, str]:
        source = FakeSource()
        hub = source.hub()
        first = await told_to(await hub.join(ALL, Position(990, 4)))
        second = await told_to(await hub.join(ALL, Position(985, 1)))
        await hub.close()
        return source.feeds[0].start, first, second

    start, first, second = asyncio.run(run())

    assert start == Position(980, 4)
    assert first.startswith("event: resumed\nid: 990.4\n")
    assert second.startswith("event: resumed\n")


def test_with_the_last_client_the_stream_closes_after_a_while(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(hub_module, "_LINGER", 1)

    async def run() -> tuple[bool, bool, int]:
        source = FakeSource()
        hub = source.hub()
        mailbox = await hub.join(ALL, None)
        await asyncio.sleep(0.05)
        while_looked_at = source.feeds[0].is_closed
        hub.leave(mailbox)
        await asyncio.sleep(0.05)
        await hub.join(ALL, None)
        await hub.close()
        return while_looked_at, source.feeds[0].is_closed, len(source.feeds)

    assert asyncio.run(run()) == (False, True, 2)


def test_where_the_database_fails_every_stream_ends_and_the_next_client_opens_it_again() -> None:
    async def run() -> tuple[bool, bool, int]:
        source = FakeSource()
        hub = source.hub()
        mailbox = await hub.join(ALL, None)
        await told_to(mailbox)
        source.feeds[0].fail()
        await mailbox.take(2)
        await asyncio.sleep(0.01)
        await hub.join(ALL, None)
        await hub.close()
        return mailbox.is_ended, source.feeds[0].is_closed, len(source.feeds)

    assert asyncio.run(run()) == (True, True, 2)


def test_a_client_that_cannot_be_served_takes_no_place() -> None:
    async def run() -> int:
        source = FakeSource()
        hub = source.hub(most_clients=1)
        source.is_away = True
        with pytest.raises(TemporaryError):
            await hub.join(ALL, None)
        source.is_away = False
        await hub.join(ALL, None)
        await hub.close()
        return len(source.feeds)

    assert asyncio.run(run()) == 1


def test_no_more_clients_than_the_bound_are_served() -> None:
    async def run() -> None:
        hub = FakeSource().hub(most_clients=2)
        await hub.join(ALL, None)
        mailbox = await hub.join(ALL, None)
        with pytest.raises(TooManyClients):
            await hub.join(ALL, None)
        hub.leave(mailbox)
        await hub.join(ALL, None)
        await hub.close()

    asyncio.run(run())


def test_a_hub_that_nobody_used_closes() -> None:
    asyncio.run(FakeSource().hub().close())
