"""`local-dev/reset`: removes what was stored, after asking, and never under a running system."""

from __future__ import annotations

import argparse
import shutil
import sys

from local_dev.paths import DATA_VARIABLE, Places
from local_dev.system.running_system import AlreadyRunningError, hold


def main() -> None:
    """Remove the broker's and the database's data; the exit code is 1 if it was refused."""
    parser = argparse.ArgumentParser(
        prog="local-dev/reset",
        description="Removes all topics and documents that local-dev/up keeps on this machine."
        " A broker or database of your own (KAFKA_BOOTSTRAP_SERVERS, MONGO_URL) is not touched.",
    )
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.add_argument("--data", help=f"the folder (default .data, or {DATA_VARIABLE})")
    chosen = parser.parse_args()
    places = Places.chosen_by(chosen.data)
    folders = [folder for folder in (places.kafka, places.mongo) if folder.exists()]
    if not folders:
        print(f"there is no data in {places.data}")
        return
    try:
        with hold(places):
            if not (chosen.yes or _agreed(places)):
                sys.exit("nothing was removed")
            for folder in folders:
                shutil.rmtree(folder)
    except AlreadyRunningError as error:
        sys.exit(f"{error}: end it first; nothing was removed")
    print(f"removed: {', '.join(map(str, folders))}")


def _agreed(places: Places) -> bool:
    if not sys.stdin.isatty():
        sys.exit("there is no terminal to ask on: say --yes; nothing was removed")
    return input(f"Remove all topics and documents in {places.data}? [y/N] ").lower() in (
        "y",
        "yes",
    )


if __name__ == "__main__":
    main()
