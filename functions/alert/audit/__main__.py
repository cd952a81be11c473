"""The audit of alerts: whether those that are stored are what the readings give.

`python -m functions.alert.audit --help`, for operators, on a live database.
"""

import argparse
import asyncio
import os
import sys
from collections.abc import AsyncIterator, Mapping, Sequence

from functions.alert.audit.device_audit import DeviceAudit
from functions.alert.audit.report import Report
from functions.alert.rules_in_force import RulesInForce
from functions.alert.store.rules import RuleStore
from shared.mongo.database import client_of, majority
from shared.outcomes import TemporaryError
from shared.settings import MongoSettings, SettingsError, read

_EPILOG = """\
All readings of a device are folded in one go by the rules that were published, each for the time
for which it held, and compared with its alerts. A device that waits for a tick is only counted, and
is overdue when none has come for ten minutes. With RAW_RETENTION_DAYS, alerts that began before the
readings that are left are not compared. --repair folds what differs anew and writes it as the
function does, without notices. Exit code: 0 nothing differs or all was repaired; 1 something
differs, or the database failed; 2 wrong settings."""


def main(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    """Audit; return 0 when nothing differs, 1 when something does, 2 for wrong settings."""
    options = _parser().parse_args(arguments)
    try:
        return asyncio.run(_run(read(MongoSettings, environment), options))
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2
    except TemporaryError as outcome:
        print(f"stopped: {outcome}. Run it again.", file=sys.stderr)
        return 1


async def _run(mongo: MongoSettings, options: argparse.Namespace) -> int:
    async with client_of(mongo) as client:
        database = majority(client, mongo.mongo_db)
        async with client.start_session(causal_consistency=True) as session:
            pointer = await RuleStore(database, session).pointer()
            if pointer is None:
                print("no rules are published yet: the function alert has not run", file=sys.stderr)
                return 0
            retention = mongo.raw_retention
            rules = RulesInForce(None)
            audit = DeviceAudit(database, session, rules, retention, asyncio.sleep)
            report = Report(options.json, pointer["revision"])
            devices = _these(options.device) if options.device else audit.devices(options.after)
            try:
                async for device_id in devices:
                    report.add(await audit.audit(device_id, is_repairing=options.repair))
            except TemporaryError:
                print(f"it goes on with --after '{report.last}'", file=sys.stderr)
                raise
    return report.end_with_summary()


async def _these(devices: Sequence[str]) -> AsyncIterator[str]:
    for device_id in sorted(set(devices)):
        yield device_id


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m functions.alert.audit",
        description="Compare the stored alerts with what telemetry_raw gives.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--device", action="append", metavar="ID", help="only this one; may be given several times"
    )
    parser.add_argument(
        "--after", default="", metavar="ID", help="go on after this device, in the order of ids"
    )
    parser.add_argument("--repair", action="store_true", help="write what differs anew")
    parser.add_argument("--json", action="store_true", help="print the summary alone, as JSON")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
