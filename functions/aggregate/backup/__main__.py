"""Saves and restores what is stored: `python -m functions.aggregate.backup --help`."""

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from functions.aggregate.backup.backup import NotEmpty, restore, save
from functions.aggregate.store.archive import BrokenArchive, begun_at
from shared.mongo.database import client_of, majority
from shared.outcomes import TemporaryError
from shared.settings import MongoSettings, SettingsError, read
from shared.times import rfc3339

_EPILOG = """\
A backup has the readings, alerts and what they are folded from, silences, notices, dead letters and
erased devices, and nothing that is recomputed from these: windows, hours and devices are made anew
by the function aggregate, from the first window on. What comes while it is saved may be in it or
not: Kafka has it. So keep Kafka's records for longer than the time between two backups, restore
into an empty database with the KafkaSources away, and let these begin at the oldest record
afterwards. Exit code: 0 done; 1 the database or the file failed; 2 wrong settings, a file that is
no whole backup, or a database that is not empty."""


def main(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    """Save or restore; return 0 when it is done, 1 where something failed, 2 if refused."""
    options = _parser().parse_args(arguments)
    try:
        counts = asyncio.run(_run(read(MongoSettings, environment), options))
    except (SettingsError, BrokenArchive, NotEmpty) as refused:
        print(f"{options.file}: {refused}", file=sys.stderr)
        return 2
    except (TemporaryError, OSError) as failed:
        print(f"stopped: {failed}", file=sys.stderr)
        return 1
    print(json.dumps(dict(counts)))
    return 0


async def _run(mongo: MongoSettings, options: argparse.Namespace) -> Mapping[str, int]:
    async with client_of(mongo) as client:
        database = majority(client, mongo.mongo_db)
        if options.what == "save":
            return await save(database, options.file)
        print(f"of {rfc3339(begun_at(options.file))}", file=sys.stderr)
        return await restore(database, options.file)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m functions.aggregate.backup",
        description="Save what is stored to a file, or restore it into an empty database.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("what", choices=["save", "restore"])
    parser.add_argument("file", type=Path, metavar="FILE")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
