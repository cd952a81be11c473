"""`local-dev/status`: how is the running system doing? Asks `up`, and the database."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from pymongo import MongoClient
from pymongo.errors import PyMongoError

from local_dev.paths import DATA_VARIABLE, Places
from local_dev.system.running_system import ask

DATABASE_TIMEOUT_MS = 2000
SOURCE_COLUMNS = ("topic", "lag", "in_flight", "delivered", "retried", "dead_lettered", "dropped")
FUNCTION_COLUMNS = ("port", "instances", "in_flight", "starts", "idle_s")


def main() -> None:
    """Print tables, or JSON; the exit code is 1 if nothing runs."""
    parser = argparse.ArgumentParser(
        prog="local-dev/status", description="Says how the running system is doing."
    )
    parser.add_argument("--json", action="store_true", help="for programs")
    parser.add_argument("--data", help=f"the folder (default .data, or {DATA_VARIABLE})")
    chosen = parser.parse_args()
    places = Places.chosen_by(chosen.data)
    asked = ask(places)
    if asked is None:
        sys.exit(f"nothing runs on {places.data}; local-dev/up starts it")
    state, status = asked
    status["dead_letters"] = dead_letters(state["mongo_url"], state["database"])
    print(json.dumps(status, indent=2) if chosen.json else as_text(status))


def dead_letters(mongo_url: str, database: str) -> dict[str, int] | str:
    """Count the dead letters by status; where the database does not answer, say why."""
    try:
        with MongoClient[dict[str, Any]](mongo_url, timeoutMS=DATABASE_TIMEOUT_MS) as client:
            letters = client[database]["dead_letters"]
            counts = letters.aggregate([{"$group": {"_id": "$status", "count": {"$sum": 1}}}])
            return {str(one["_id"]): int(one["count"]) for one in counts}
    except PyMongoError as error:
        return f"the database does not answer: {type(error).__name__}"


def as_text(status: dict[str, Any]) -> str:
    """Lay it out for people: servers, sources, functions, dead letters."""
    servers = [
        f"{name:14} {'runs' if one['running'] else 'ENDED'} (process {one['pid']})"
        for name, one in status["servers"].items()
    ]
    letters = status["dead_letters"]
    if isinstance(letters, dict):
        letters = ", ".join(f"{count} {name}" for name, count in sorted(letters.items())) or "none"
    return "\n".join(
        [
            *servers,
            "",
            *_table("source", SOURCE_COLUMNS, status["sources"]),
            "",
            *_table("function", FUNCTION_COLUMNS, status["functions"]),
            "",
            f"dead letters: {letters}",
        ]
    )


def _table(kind: str, columns: tuple[str, ...], rows: dict[str, dict[str, Any]]) -> list[str]:
    cells = [[kind, *columns]]
    cells += [[name, *(_cell(row.get(column)) for column in columns)] for name, row in rows.items()]
    widths = [max(len(row[index]) for row in cells) for index in range(len(columns) + 1)]
    return [
        "  ".join(
            cell.ljust(width) if index < 2 else cell.rjust(width)  # noqa: PLR2004 - names, then numbers
            for index, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in cells
    ]


def _cell(value: object) -> str:
    if value is None:
        return "-"
    return f"{value:.0f}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    main()
