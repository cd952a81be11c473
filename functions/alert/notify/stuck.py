"""List notices that are stuck, send or drop them: `python -m functions.alert.notify.stuck --help`.

Safe to repeat: a notice keeps its id, by which its receiver knows it.
"""

import argparse
import asyncio
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import aclosing

from functions.alert.notify.store.stuck import drop, send_again, stuck_rows
from functions.alert.notify.store.upkeep import database_time
from shared.mongo.database import client_of, majority
from shared.outcomes import TemporaryError
from shared.settings import MongoSettings, SettingsError, read
from shared.times import rfc3339


def main(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    """List what is selected, or do with it as told; return 0, 1 if stopped, 2 if set wrongly."""
    options = _parser().parse_args(arguments)
    try:
        return asyncio.run(_run(read(MongoSettings, environment), options))
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2
    except TemporaryError as outcome:
        print(f"stopped: {outcome}. Run it again to go on.", file=sys.stderr)
        return 1


async def _run(mongo: MongoSettings, options: argparse.Namespace) -> int:
    count = 0
    async with client_of(mongo) as client:
        database = majority(client, mongo.mongo_db)
        now = await database_time(database)
        async with aclosing(stuck_rows(database, options.target, options.limit)) as rows:
            async for row in rows:
                if options.again:
                    await send_again(database, row, now)
                elif options.drop:
                    await drop(database, row, now)
                count += 1
                since, of = rfc3339(row["enqueued_at"]), row.get("device_id") or row["rule_id"]
                error = row.get("last_error", "")
                print(f"{since}  {row['target']}  {row['kind']}  {of}  {row['uid']}  {error}")
    done = "set to be sent" if options.again else "dropped" if options.drop else "stuck"
    print(f"{count} notices {done}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m functions.alert.notify.stuck",
        description="List the notices of alerts that no target took, the oldest first.",
    )
    parser.add_argument("--target", metavar="NAME", help="only of this target")
    parser.add_argument("--limit", type=int, metavar="N", help="at most N of them")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--again", action="store_true", help="have the next tick send them")
    what.add_argument("--drop", action="store_true", help="have nobody told of them")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
