import asyncio

from functions.dashboard.live.events import refetch
from functions.dashboard.live.mailbox import MOST_BYTES, Mailbox
from functions.dashboard.live.position import Position
from tests.support.live_feed import ALL

AT = Position(10, 1)


def taken(mailbox: Mailbox) -> bytes:
    return asyncio.run(mailbox.take(0.01))


def test_all_that_waits_is_taken_at_once_in_order() -> None:
    mailbox = Mailbox(ALL)
    mailbox.put(b"a", AT)
    mailbox.put(b"b", AT)

    assert (taken(mailbox), taken(mailbox)) == (b"ab", b"")


def test_what_comes_meanwhile_is_taken() -> None:
    async def take() -> bytes:
        mailbox = Mailbox(ALL)
        asyncio.get_running_loop().call_soon(mailbox.put, b"a", AT)
        return await mailbox.take(1)

    assert asyncio.run(take()) == b"a"


def test_a_slow_client_holds_a_bounded_amount_and_is_told_to_read_anew() -> None:
    mailbox = Mailbox(ALL)
    part = b"x" * (MOST_BYTES // 4)
    for _ in range(1_000):
        mailbox.put(part, AT)

    text = taken(mailbox)

    assert len(text) <= MOST_BYTES
    assert text.startswith(refetch(AT))


def test_one_text_is_sent_whatever_its_size() -> None:
    mailbox = Mailbox(ALL)
    mailbox.put(b"x" * (2 * MOST_BYTES), AT)

    assert len(taken(mailbox)) == 2 * MOST_BYTES


def test_what_waits_is_taken_before_the_end() -> None:
    mailbox = Mailbox(ALL)
    mailbox.put(b"a", AT)
    mailbox.end()

    assert (taken(mailbox), taken(mailbox), mailbox.is_ended) == (b"a", b"", True)
