"""Are the stored views those that the readings give? `python -m functions.aggregate.audit --help`,
for operators, on a live database.
"""

import argparse
import asyncio
import os
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from functions.aggregate.audit.audit_store import AuditStore
from functions.aggregate.audit.report import Report
from functions.aggregate.audit.window_audit import Repair, WindowAudit
from shared.mongo.database import client_of, majority
from shared.mongo.reading_store import RETENTION_MARGIN, clock_of
from shared.outcomes import TemporaryError
from shared.readings.identity import EPOCH
from shared.readings.windows import window_start_of
from shared.settings import AggregateSettings, MongoSettings, SettingsError, read
from shared.times import read_time

_EPILOG = """\
Only settled windows are looked at. --repair writes views that are missing or of too few readings,
and devices stored with too narrow a span, by the same guarded writes as the refresh. A view that is
larger, different or without readings is only reported: readings may have been deleted by retention
or by hand, and the view is then all that is left of them. With --raw-is-complete you say that none
were, and those are replaced by what the readings give, or deleted. Exit code: 0 nothing differs or
all was repaired, 1 something differs or the database failed, 2 wrong settings."""


def main(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    """Audit what is selected; give 0 when nothing differs any more, 1 when something does, 2 for
    bad settings.
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
        print(f"stopped: {outcome}. Run it again to go on.", file=sys.stderr)
        return 1


async def _run(mongo: MongoSettings, width: int, options: argparse.Namespace) -> int:
    async with client_of(mongo) as client:
        database = majority(client, mongo.mongo_db)
        async with client.start_session(causal_consistency=True) as session:
            store = AuditStore(database, session, width)
            horizon = await store.horizon()
            if horizon is None:
                print(f"no window of {width} s is settled yet", file=sys.stderr)
                return 0
            start, end = options.start, min(options.end or horizon, horizon)
            if mongo.raw_retention is not None:
                kept_from = clock_of(session) - mongo.raw_retention + RETENTION_MARGIN
                start = max(start, kept_from + timedelta(seconds=width))
            start, end = window_start_of(start, width), window_start_of(end, width)
            report = Report(options.json, start, end)
            repair = Repair(options.repair, options.repair and options.raw_is_complete)
            async for audited in WindowAudit(store, width, repair).windows(start, end):
                report.add(audited)
    return report.end_with_summary()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m functions.aggregate.audit",
        description="Compare aggregated_data and devices with what telemetry_raw gives.",
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
