"""`local-dev/send`: a load generator whose simulated devices send readings."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
import time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from local_dev.commands.command_line import run, seconds
from local_dev.load.device import Shares
from local_dev.load.plan import SendingPlan, Tally
from local_dev.load.sender import send as send_readings

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_BATCH = 5000  # what ingest takes in one request


def _above_zero(rate: float) -> float:
    if not rate > 0:
        raise typer.BadParameter(f"{rate:g} is not above 0")
    return rate


def _share(text: str) -> Any:  # noqa: ANN401 - as typer's own
    return typer.Option(metavar="SHARE", min=0, max=1, help=f"{text}, 0 to 1.", show_default=False)


def send(
    *,
    devices: Annotated[int, typer.Option(metavar="N", min=1, help="How many devices.")] = 10,
    rps: Annotated[
        float,
        typer.Option(
            metavar="RATE", callback=_above_zero, help="Readings a second of each device."
        ),
    ] = 1.0,
    base_url: Annotated[
        str, typer.Option(metavar="URL", help="Where ingest listens.")
    ] = "http://localhost:8001",
    jitter: Annotated[
        float, _share("Part of the interval by which a device is early or late (default 0.2)")
    ] = 0.2,
    batch: Annotated[
        int, typer.Option(metavar="N", min=1, max=MAX_BATCH, help="Readings in one request.")
    ] = 1,
    breach: Annotated[float, _share("Part that is too hot")] = 0.0,
    duplicates: Annotated[float, _share("Part of the requests that are sent twice")] = 0.0,
    bad: Annotated[float, _share("Part to be refused")] = 0.0,
    token: Annotated[
        str,
        typer.Option(
            metavar="TOKEN",
            envvar="IOT_TELEMETRY_TOKEN",
            help="The devices' credential, where ingest asks for one.",
            show_default=False,
        ),
    ] = "",
    seconds: Annotated[
        float | None, typer.Option(parser=seconds, metavar="TIME", help="End after this time.")
    ] = None,
    count: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="End after this many readings.")
    ] = None,
) -> None:
    """Simulate devices that send readings, each at its own rate, until the end or Ctrl-C.

    Then the numbers of readings accepted, rejected and failed, and the latency. The exit code is 1
    if a request failed.
    """
    shares = Shares(breach, duplicates, bad)
    url = base_url.rstrip("/")
    _run(SendingPlan(url, devices, rps, jitter, batch, shares, seconds, count, token))


def _run(plan: SendingPlan) -> None:
    tally = Tally()
    begun = time.monotonic()
    is_terminal = sys.stdout.isatty()

    def report() -> None:
        line = tally.progress(time.monotonic() - begun)
        print(
            f"\r\x1b[K{line}" if is_terminal else line, end="" if is_terminal else "\n", flush=True
        )

    with contextlib.suppress(asyncio.CancelledError):
        asyncio.run(_until_interrupted(plan, tally, report))
    print(f"\n{tally.summary(time.monotonic() - begun)}")
    sys.exit(1 if tally.failed else 0)


async def _until_interrupted(plan: SendingPlan, tally: Tally, report: Callable[[], None]) -> None:
    sending = asyncio.current_task()
    assert sending is not None, "it runs in one"
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, sending.cancel)
    await send_readings(plan, tally, report)


if __name__ == "__main__":
    run(send)
