"""Publish dead letters again: `python -m functions.dlq.redrive --help`.

Safe to repeat: a reading that arrives twice is stored once.
"""

import argparse
import asyncio
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from datetime import UTC, datetime, timedelta

from functions.dlq.redrive_store import DeadLetter, Selection, open_letters
from functions.dlq.republishing import publish_again
from shared.kafka.publisher import KafkaPublisher
from shared.mongo.database import Database, client_of, majority
from shared.outcomes import TemporaryError
from shared.settings import KafkaSettings, MongoSettings, SettingsError, read
from shared.times import read_duration


def main(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    """Redrive what is selected; return 0 if all of it was published, 1 if not, 2 if set wrongly."""
    options = _parser().parse_args(arguments)
    now = datetime.now(UTC)
    selection = Selection(
        stage=options.stage,
        reason=options.reason,
        since=None if options.newer_than is None else now - options.newer_than,
        until=None if options.older_than is None else now - options.older_than,
    )
    try:
        mongo, kafka = read(MongoSettings, environment), read(KafkaSettings, environment)
        return asyncio.run(_run(mongo, kafka, selection, options.limit, dry_run=options.dry_run))
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2
    except TemporaryError as outcome:
        print(f"stopped: {outcome}. Run it again to go on.", file=sys.stderr)
        return 1


async def _run(
    mongo: MongoSettings,
    kafka: KafkaSettings,
    selection: Selection,
    limit: int | None,
    *,
    dry_run: bool,
) -> int:
    publisher = KafkaPublisher(kafka)
    async with client_of(mongo) as client:
        database = majority(client, mongo.mongo_db)
        if dry_run:
            count, _ = await _redrive(database, None, kafka.telemetry_topic, selection, limit)
            print(f"{count} dead letters would be redriven")
            return 0
        await publisher.open()
        try:
            counts = await _redrive(database, publisher, kafka.telemetry_topic, selection, limit)
        finally:
            await publisher.close()
    redriven, skipped = counts
    print(f"{redriven} dead letters redriven" + (f", {skipped} skipped" if skipped else ""))
    return 1 if skipped else 0


async def _redrive(
    database: Database,
    publisher: KafkaPublisher | None,
    topic: str,
    selection: Selection,
    limit: int | None,
) -> tuple[int, int]:
    """Return how many letters were redriven (without a publisher: would be), and how many not."""
    redriven = skipped = 0
    async with aclosing(open_letters(database, selection)) as letters:
        async for letter in letters:
            if limit is not None and redriven + skipped >= limit:
                break
            why = None
            if publisher is not None:
                why = await publish_again(database, publisher, topic, letter, datetime.now(UTC))
            _report(letter, why)
            skipped += why is not None
            redriven += why is None
    return redriven, skipped


def _report(letter: DeadLetter, why: str | None) -> None:
    line = f"{letter.stage}  {letter.reason}  {letter.event.event_id}"
    if why is None:
        print(line)
    else:
        print(f"{line}  skipped: {why}", file=sys.stderr)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m functions.dlq.redrive",
        description="Publish open dead letters to TELEMETRY_TOPIC again, oldest first.",
    )
    parser.add_argument("--stage", help="only of this function: aggregate, alert ...")
    parser.add_argument("--reason", help="only with this reason")
    parser.add_argument("--older-than", type=_age, metavar="AGE", help="such as 10m, 24h, 7d")
    parser.add_argument("--newer-than", type=_age, metavar="AGE", help="such as 10m, 24h, 7d")
    parser.add_argument("--limit", type=int, metavar="N", help="at most N of them")
    parser.add_argument("--dry-run", action="store_true", help="list them; publish nothing")
    return parser


def _age(text: str) -> timedelta:
    try:
        return read_duration(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
