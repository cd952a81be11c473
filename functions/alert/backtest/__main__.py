"""Try rules on the stored readings: `python -m functions.alert.backtest --help`.

Nothing is written. The fold is that of production, under the published rules and the new ones.
"""

import argparse
import asyncio
import os
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime

from functions.alert.backtest.backtest import Backtest
from functions.alert.backtest.report import Report
from functions.alert.backtest.stored import StoredReadings
from functions.alert.proposed_rules import proposed
from shared.alerts.rules.load import load
from shared.alerts.rules.rule_set import RuleSet
from shared.mongo.database import client_of, majority
from shared.outcomes import TemporaryError
from shared.readings.identity import EPOCH
from shared.settings import MongoSettings, SettingsError, read
from shared.times import read_time

_EPILOG = """\
The old rules are those that were published, each for the readings for which it held; where none
were, those of the environment. The new ones are those of --rules and of the environment, as if they
had always held. Readings before --from are not read: what went on then begins with the first one
after it. Exit code: 0 within the budget; 1 over it, or the database failed; 2 wrong settings or
rules."""


def main(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    """Compare; return 0 within the budget, 1 over it or without a database, 2 if set wrongly."""
    options = _parser().parse_args(arguments)
    try:
        mongo = read(MongoSettings, environment)
        new = load({**environment, "ALERT_RULES_FILE": options.rules})
        old = load(environment)
        report = asyncio.run(_run(mongo, old, new, options))
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2
    except TemporaryError as outcome:
        print(f"stopped: {outcome}. Run it again.", file=sys.stderr)
        return 1
    for line in report.lines(is_json=options.json):
        print(line)
    return 0 if report.is_within_budget else 1


async def _run(
    mongo: MongoSettings, environment: RuleSet, new: RuleSet, options: argparse.Namespace
) -> Report:
    async with client_of(mongo) as client:
        database = majority(client, mongo.mongo_db)
        async with client.start_session(causal_consistency=True) as session:
            stored = StoredReadings(database, session)
            published = await stored.published()
            old, tried = published if published.revision else proposed(environment), proposed(new)
            stored.want(old.sensors | tried.sensors)
            end = min(options.end or stored.clock, stored.clock)
            said = f"revision {published.revision}" if published.revision else "the environment's"
            report = Report(options.start, end, options.most, said, options.budget)
            backtest = Backtest(old, tried, options.start, end, end)
            devices = _these(options.device) if options.device else stored.devices()
            await backtest.run(stored, devices, report)
    return report


async def _these(devices: Sequence[str]) -> AsyncIterator[str]:
    for device_id in sorted(set(devices)):
        yield device_id


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m functions.alert.backtest",
        description="Compare the alerts that other rules would have raised with those of now.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--rules", required=True, metavar="FILE", help="the rules to try")
    parser.add_argument(
        "--from", dest="start", type=_time, default=EPOCH, metavar="TIME", help="RFC 3339"
    )
    parser.add_argument(
        "--to", dest="end", type=_time, metavar="TIME", help="RFC 3339; without it: now"
    )
    parser.add_argument(
        "--device", action="append", metavar="ID", help="only this one; may be given several times"
    )
    parser.add_argument(
        "--budget", type=int, metavar="N", help="how many alerts the new rules may add"
    )
    parser.add_argument(
        "--most", type=int, default=1_000, metavar="N", help="alerts that are listed (1000)"
    )
    parser.add_argument("--json", action="store_true", help="print all of it as JSON")
    return parser


def _time(text: str) -> datetime:
    try:
        return read_time(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} {error}") from error


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
