"""Erases a device: `python -m functions.aggregate.erase --help`, for operators."""

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final

from pydantic import TypeAdapter, ValidationError

from functions.aggregate.erase.erasure import Erasure
from shared.mongo.database import client_of, majority
from shared.mongo.erasures import MAX_AGE_S
from shared.outcomes import TemporaryError
from shared.readings.reading import DeviceId
from shared.settings import AggregateSettings, MongoSettings, SettingsError, read
from shared.times import rfc3339

Sleep = Callable[[float], Awaitable[None]]
_SEEN_S: Final = MAX_AGE_S + 5  # until every process knows of it
_UNDER_WAY_S: Final = 60.0  # what had read the readings before may still write what it made of them
_EPILOG: Final = """\
Deletes the device's readings, windows, hours, alerts and their notices, silences that name it, and
its readings in dead letters, of which other devices' readings stay. What Kafka delivers later of
what was received until now is not stored again, for 38 days; what the device sends from now on is
of a new device. Stop it first, if that is not wanted. Takes 75 seconds; safe to repeat, and to be
run again where it was stopped. Backups keep what they have. Exit code: 0 it is erased; 1 the
database failed: run it again; 2 wrong settings, or no name of a device."""


def main(
    arguments: Sequence[str], environment: Mapping[str, str], sleep: Sleep = asyncio.sleep
) -> int:
    """Erase the device; return 0 when it is, 1 where the database fails, 2 if refused."""
    options = _parser().parse_args(arguments)
    try:
        mongo = read(MongoSettings, environment)
        settings = read(AggregateSettings, environment)
        counts = asyncio.run(_run(mongo, settings, options, sleep))
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2
    except TemporaryError as outcome:
        print(f"stopped: {outcome}. Run it again.", file=sys.stderr)
        return 1
    print(json.dumps(counts))
    return 0


async def _run(
    mongo: MongoSettings, settings: AggregateSettings, options: argparse.Namespace, sleep: Sleep
) -> Mapping[str, int]:
    async with client_of(mongo) as client:
        database = majority(client, mongo.mongo_db)
        async with client.start_session(causal_consistency=True) as session:
            erasure = Erasure(database, session, options.device, settings)
            if options.dry_run:
                return await erasure.counts()
            until = await erasure.begin()
            print(f"what was received until {rfc3339(until)} is erased", file=sys.stderr)
            await sleep(_SEEN_S)
            first = await erasure.erase(until)
            print("once more in a minute, for what was under way", file=sys.stderr)
            await sleep(_UNDER_WAY_S)
            second = await erasure.erase(until)
            return {name: first[name] + second[name] for name in first}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m functions.aggregate.erase",
        description="Erase everything that is stored of a device.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("device", type=_device, metavar="DEVICE", help="its id")
    parser.add_argument(
        "--dry-run", action="store_true", help="count its documents, and change nothing"
    )
    return parser


def _device(text: str) -> str:
    try:
        return TypeAdapter[str](DeviceId).validate_python(text)
    except ValidationError as error:
        detail = "must be the id of a device: letters, digits and ._:-, at most 128"
        raise argparse.ArgumentTypeError(f"{text!r} {detail}") from error


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
