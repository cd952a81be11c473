"""The audit: whether the stored views are those that the readings give.

`python -m functions.aggregate.audit --help`, for operators, on a live database.
"""

import argparse
import asyncio
import os
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from functions.aggregate.audit.audit_store import AuditStore
from functions.aggregate.audit.horizon import horizon_of
from functions.aggregate.audit.hour_audit import HourAudit
from functions.aggregate.audit.report import Report
from functions.aggregate.audit.window_audit import Audited, Repair, WindowAudit
from shared.mongo.database import client_of, majority
from shared.mongo.reading_store import intact_until
from shared.outcomes import TemporaryError
from shared.readings.identity import EPOCH
from shared.readings.windows import window_start_of
from shared.settings import AggregateSettings, MongoSettings, SettingsError, read
from shared.times import read_time, rfc3339

_EPILOG = """\
Only settled windows are audited, and the hours that are made of them. --repair writes views and
hours that are missing or of too few readings, and devices stored with too narrow a span, by the
same guarded writes as the refresh. A view that is larger, different or without readings is only
reported: readings may have been deleted by retention or by hand, and the view is then all that is
left of them. With --raw-is-complete you say that none were, and those are replaced by what the
readings give, or deleted. An audit that was stopped goes on with --from. Exit code: 0 nothing
differs or all was repaired; 1 something differs, the horizon stands still with readings after it,
or the database failed; 2 wrong settings."""


def main(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    """Audit what is selected; return 0 when nothing differs, 1 when something does, 2 if refused.

    Wrong settings are refused.
    """
    options = _parser().parse_args(arguments)
    try:
        mongo = read(MongoSettings, environment)
        settings = read(AggregateSettings, environment)
        return asyncio.run(_run(mongo, settings.aggregate_window_seconds, options))
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2
    except TemporaryError as outcome:
        print(f"stopped: {outcome}. Run it again.", file=sys.stderr)
        return 1


async def _run(mongo: MongoSettings, width: int, options: argparse.Namespace) -> int:
    async with client_of(mongo) as client:
        database = majority(client, mongo.mongo_db)
        async with client.start_session(causal_consistency=True) as session:
            store = AuditStore(database, session, width, mongo.raw_retention)
            horizon = await horizon_of(store, width, asyncio.sleep)
            if horizon.at == EPOCH and not horizon.is_standing:
                print(f"no window of {width} s is settled yet", file=sys.stderr)
                return 0
            start, end = options.start, min(options.end or horizon.at, horizon.at)
            if mongo.raw_retention is not None:
                # Retention may have taken readings of every window up to this time.
                taken = store.clock - intact_until(EPOCH, mongo.raw_retention)
                start = max(start, EPOCH + taken + timedelta(seconds=width))
            start, end = window_start_of(start, width), window_start_of(end, width)
            report = Report(options.json, start, end, timedelta(seconds=width), horizon)
            repair = Repair(options.repair, options.repair and options.raw_is_complete)
            await run_audit(WindowAudit(store, width, repair), report)
            async for finding in HourAudit(database, session, width, repair).findings(start, end):
                report.add_finding(finding)
    return report.end_with_summary(start)


class Audit(Protocol):
    """An audit of one window after the other."""

    def windows(self, start: datetime, end: datetime) -> AsyncIterator[Audited]: ...


async def run_audit(audit: Audit, report: Report) -> None:
    """Report each window; where the database fails, say how to go on, and raise TemporaryError."""
    report.begin()
    try:
        async for audited in audit.windows(report.start, report.end):
            report.add(audited)
    except TemporaryError:
        print(f"it goes on with --from {rfc3339(report.resumes_at)}", file=sys.stderr)
        raise


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m functions.aggregate.audit",
        description="Compare aggregated_data and devices with what telemetry_raw gives, "
        "and aggregated_hours with what aggregated_data gives.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--from", dest="start", type=_time, default=EPOCH, metavar="TIME", help="RFC 3339"
    )
    parser.add_argument(
        "--to", dest="end", type=_time, metavar="TIME", help="RFC 3339; the end is not in it"
    )
    parser.add_argument("--repair", action="store_true", help="write what is missing or too small")
    parser.add_argument(
        "--raw-is-complete",
        action="store_true",
        help="with --repair: put right also what is larger, different or without readings",
    )
    parser.add_argument("--json", action="store_true", help="print the summary alone, as JSON")
    return parser


def _time(text: str) -> datetime:
    try:
        return read_time(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} {error}") from error


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
