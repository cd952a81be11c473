"""`local-dev/reset`: removes what was stored, and never under a running system."""

from __future__ import annotations

import shutil
import sys
from typing import Annotated

import typer

from local_dev.commands.command_line import Data, flag, run
from local_dev.paths import Places
from local_dev.system.running_system import AlreadyRunningError, hold


def reset(*, yes: Annotated[bool, flag("--yes", "Do not ask.")] = False, data: Data = None) -> None:
    """Remove all topics and documents that local-dev/up keeps on this machine.

    A broker or database of your own (KAFKA_BOOTSTRAP_SERVERS, MONGO_URL) is not touched. The exit
    code is 1 if it was refused.
    """
    places = Places.chosen_by(data)
    folders = [folder for folder in (places.kafka, places.mongo) if folder.exists()]
    if not folders:
        print(f"there is no data in {places.data}")
        return
    try:
        with hold(places):
            if not (yes or _agreed(places)):
                sys.exit("nothing was removed")
            for folder in folders:
                shutil.rmtree(folder)
    except AlreadyRunningError as error:
        sys.exit(f"{error}: end it first; nothing was removed")
    print(f"removed: {', '.join(map(str, folders))}")


def _agreed(places: Places) -> bool:
    if not sys.stdin.isatty():
        sys.exit("there is no terminal to ask on: say --yes; nothing was removed")
    return typer.confirm(f"Remove all topics and documents in {places.data}?")


if __name__ == "__main__":
    run(reset)
