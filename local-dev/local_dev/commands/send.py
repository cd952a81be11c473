"""`local-dev/send`: a load generator. Simulated devices send readings, and an account is given."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import signal
import sys
import time
from typing import TYPE_CHECKING

from local_dev.load.device import Shares
from local_dev.load.plan import SendingPlan, Tally
from local_dev.load.sender import send
from local_dev.options import seconds

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_BATCH = 5000  # what ingest takes in one request


def main() -> None:
    """Send until the plan's end or Ctrl-C; the exit code is 1 if a request failed."""
    plan = _plan(sys.argv[1:])
    tally = Tally()
    begun = time.monotonic()

    def tell() -> None:
        line = tally.progress(time.monotonic() - begun)
        print(f"\r\x1b[K{line}" if sys.stdout.isatty() else line, end=_line_end(), flush=True)

    with contextlib.suppress(asyncio.CancelledError):
        asyncio.run(_until_interrupted(plan, tally, tell))
    print(f"\n{tally.summary(time.monotonic() - begun)}")
    sys.exit(1 if tally.failed else 0)


async def _until_interrupted(plan: SendingPlan, tally: Tally, tell: Callable[[], None]) -> None:
    sending = asyncio.current_task()
    assert sending is not None, "it runs in one"
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, sending.cancel)
    await send(plan, tally, tell)


def _line_end() -> str:
    return "" if sys.stdout.isatty() else "\n"


def _plan(arguments: list[str]) -> SendingPlan:
    parser = argparse.ArgumentParser(
        prog="local-dev/send",
        description="Simulates devices that send readings, each at its own rate, until Ctrl-C.",
    )
    add = parser.add_argument
    add("--devices", type=_positive_int, default=10, metavar="N")
    add(
        "--rps",
        type=_positive,
        default=1.0,
        metavar="RATE",
        help="readings a second of each device (default 1.0)",
    )
    add("--base-url", default="http://localhost:8001", metavar="URL", help="where ingest listens")
    add(
        "--jitter",
        type=_share,
        default=0.2,
        metavar="SHARE",
        help="part of the interval by which a device is early or late (default 0.2)",
    )
    add("--batch", type=_positive_int, default=1, metavar="N", help="readings in one request")
    add("--breach", type=_share, default=0.0, metavar="SHARE", help="part that is too hot, 0 to 1")
    add(
        "--duplicates",
        type=_share,
        default=0.0,
        metavar="SHARE",
        help="part of the requests that are sent twice, 0 to 1",
    )
    add("--bad", type=_share, default=0.0, metavar="SHARE", help="part to be refused, 0 to 1")
    add("--seconds", type=seconds, metavar="TIME", help="end after this time")
    add("--count", type=_positive_int, metavar="N", help="end after this many readings")
    chosen = parser.parse_args(arguments)
    if chosen.batch > MAX_BATCH:
        parser.error(f"--batch: ingest takes up to {MAX_BATCH} readings in one request")
    return SendingPlan(
        base_url=chosen.base_url.rstrip("/"),
        devices=chosen.devices,
        rps=chosen.rps,
        jitter=chosen.jitter,
        batch=chosen.batch,
        shares=Shares(chosen.breach, chosen.duplicates, chosen.bad),
        seconds=chosen.seconds,
        count=chosen.count,
    )


def _positive(text: str) -> float:
    number = float(text)
    if not number > 0:
        raise argparse.ArgumentTypeError(f"{text} is not above 0")
    return number


def _positive_int(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not 1 or more")
    return number


def _share(text: str) -> float:
    number = float(text)
    if not 0 <= number <= 1:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and 1")
    return number


if __name__ == "__main__":
    main()
