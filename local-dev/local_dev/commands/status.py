"""`local-dev/status`: servers, sources, functions and dead letters of the running system."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Annotated, Any

from pymongo import MongoClient
from pymongo.errors import PyMongoError

from local_dev.commands.command_line import Data, flag, run
from local_dev.console import show, table
from local_dev.paths import Places
from local_dev.system.running_system import ask

if TYPE_CHECKING:
    from rich.console import RenderableType

DATABASE_TIMEOUT_MS = 2000
SOURCE_COLUMNS = ("topic", "lag", "in_flight", "delivered", "retried", "dead_lettered", "dropped")
FUNCTION_COLUMNS = ("port", "instances", "in_flight", "starts", "idle_s")


def status(
    *, as_json: Annotated[bool, flag("--json", "For programs.")] = False, data: Data = None
) -> None:
    """Show lag and deliveries of each source, instances of each function, and dead letters.

    The exit code is 1 if no system runs on this data folder.
    """
    places = Places.chosen_by(data)
    running = ask(places)
    if running is None:
        sys.exit(f"nothing runs on {places.data}; local-dev/up starts it")
    state, current = running
    current["dead_letters"] = dead_letters(state["mongo_url"], state["database"])
    if as_json:
        print(json.dumps(current, indent=2))
    else:
        show(*tables(current))


def dead_letters(mongo_url: str, database: str) -> dict[str, int] | str:
    """Count the dead letters by status; where the database does not respond, return why."""
    try:
        with MongoClient[dict[str, Any]](mongo_url, timeoutMS=DATABASE_TIMEOUT_MS) as client:
            letters = client[database]["dead_letters"]
            counts = letters.aggregate([{"$group": {"_id": "$status", "count": {"$sum": 1}}}])
            return {str(one["_id"]): int(one["count"]) for one in counts}
    except PyMongoError as error:
        return f"the database does not respond: {type(error).__name__}"


def tables(current: dict[str, Any]) -> list[RenderableType]:
    """Lay the status out for people."""
    servers = [
        (name, "runs" if one["running"] else "ENDED", one["pid"])
        for name, one in current["servers"].items()
    ]
    letters = current["dead_letters"]
    if isinstance(letters, dict):
        letters = ", ".join(f"{count} {name}" for name, count in sorted(letters.items())) or "none"
    ours: list[RenderableType] = [table(("server", "", "process"), servers), ""]
    return [
        *(ours if servers else []),
        table(("source", *SOURCE_COLUMNS), _rows(SOURCE_COLUMNS, current["sources"])),
        "",
        table(("function", *FUNCTION_COLUMNS), _rows(FUNCTION_COLUMNS, current["functions"])),
        "",
        f"dead letters: {letters}",
    ]


def _rows(columns: tuple[str, ...], rows: dict[str, dict[str, Any]]) -> list[tuple[object, ...]]:
    return [(name, *(row.get(column) for column in columns)) for name, row in rows.items()]


if __name__ == "__main__":
    run(status)
