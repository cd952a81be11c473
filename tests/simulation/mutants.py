"""Which faults must the schedules find? Each is one deliberate fault in a copy of the code."""

from dataclasses import dataclass
from typing import Final

KEEPING: Final = "functions/aggregate/intake.py"
REFRESH: Final = "functions/aggregate/refresh/refresh_pass.py"
VIEW_STORE: Final = "functions/aggregate/store/views.py"
WINDOW_FOLD: Final = "functions/aggregate/window_summary.py"
ALERT_STORE: Final = "functions/alert/alert_store.py"
DATABASE: Final = "shared/mongo/database.py"
READING_STORE: Final = "shared/mongo/reading_store.py"


@dataclass(frozen=True, slots=True)
class Mutant:
    """A fault: in this file, each `before` (it is there exactly once) becomes its `after`."""

    name: str
    file: str
    changes: tuple[tuple[str, str], ...]
    only_races: bool = False  # it shows only where two refreshes write the same new view at once


MUTANTS: Final = (
    Mutant(
        "a view is incremented by what is new",
        VIEW_STORE,
        (
            (
                (
                    '            ReplaceOne({"_id": view["_id"], '
                    '"count": {"$lt": view["count"]}}, view, upsert=True)\n'
                ),
                """            UpdateOne(
                {"_id": view["_id"]},
                {
                    "$inc": {"count": view["count"], "sum": view["sum"]},
                    "$setOnInsert": {
                        name: value
                        for name, value in view.items()
                        if name not in ("_id", "count", "sum")
                    },
                },
                upsert=True,
            )
""",
            ),
        ),
    ),
    Mutant(
        "a reading that somebody else inserted is taken as stored",
        READING_STORE,
        (
            (
                """                if one.reading.reading_id not in refused
            }
""",
                """            }
""",
            ),
        ),
    ),
    Mutant(
        "a view that somebody else inserted is taken as written",
        VIEW_STORE,
        (
            (
                """            if not refused:
                return
            counts""",
                """            if refused or not refused:
                return
            counts""",
            ),
        ),
        only_races=True,
    ),
    Mutant(
        "an alert that somebody else inserted is taken as stored",
        ALERT_STORE,
        (
            (
                "unconfirmed = refused - await _there(database, session, refused)",
                "unconfirmed: set[str] = set()",
            ),
        ),
    ),
    Mutant(
        "late windows are not noted",
        KEEPING,
        (("        if late:\n", "        if not late:\n"),),
    ),
    Mutant(
        "only the first of the late windows is noted",
        KEEPING,
        (
            (
                "            await note_late_windows(database, session, late, window_seconds)",
                (
                    "            one = dict([min(late.items())])\n"
                    "            await note_late_windows(database, session, one, window_seconds)"
                ),
            ),
        ),
    ),
    Mutant(
        "notes are deleted before the views are written",
        REFRESH,
        (
            (
                "    is_quiet = await _fold_open(",
                "    await this.finish(notes, this.horizon, 0.0)\n    is_quiet = await _fold_open(",
            ),
        ),
    ),
    Mutant(
        "notes are read after the readings",
        REFRESH,
        (
            ("    notes = await this.late_notes()\n", ""),
            (
                "    for start, device_ids in _settled",
                "    notes = await this.late_notes()\n    for start, device_ids in _settled",
            ),
        ),
    ),
    Mutant(
        "all notes are deleted, not those that were read",
        VIEW_STORE,
        (
            (
                (
                    '                    {"_id": {"$in": [note.note_id for note in notes]}}, '
                    "session=self._session"
                ),
                (
                    '                    {"window_seconds": self._window_seconds}, '
                    "session=self._session"
                ),
            ),
        ),
    ),
    Mutant(
        "a view is replaced whatever its count",
        VIEW_STORE,
        (('{"_id": view["_id"], "count": {"$lt": view["count"]}}', '{"_id": view["_id"]}'),),
    ),
    Mutant(
        "a writer's own clock tells what is late",
        KEEPING,
        (
            ("import datetime, timedelta", "import UTC, datetime, timedelta"),
            (
                "if is_over(start, window_seconds, kept.clock)",
                "if is_over(start, window_seconds, datetime.now(UTC))",
            ),
        ),
    ),
    Mutant(
        "a refresh's own clock tells what is settled",
        REFRESH,
        (
            ("import datetime, timedelta", "import UTC, datetime, timedelta"),
            ("settled_until(this.clock", "settled_until(datetime.now(UTC)"),
        ),
    ),
    Mutant(
        "the clock is read after the readings",
        REFRESH,
        (
            (
                "from shared import metrics\n",
                "from shared import metrics\nfrom shared.reading_store import clock_of\n",
            ),
            (
                "    await this.finish(notes, horizon, wait_s())",
                (
                    "    grace = settings.aggregate_grace_seconds\n"
                    "    horizon = settled_until(clock_of(this._session), width, grace)\n"
                    "    await this.finish(notes, horizon, wait_s())"
                ),
            ),
        ),
    ),
    Mutant(
        "reads see what no majority holds",
        DATABASE,
        (('read_concern=ReadConcern("majority")', 'read_concern=ReadConcern("local")'),),
    ),
    Mutant(
        "writes do not wait for a majority",
        DATABASE,
        (('write_concern=WriteConcern("majority")', "write_concern=WriteConcern(1)"),),
    ),
    Mutant(
        "the horizon moves before the views are written",
        REFRESH,
        (
            (
                "    is_quiet = await _fold_open(",
                "    await this.finish([], horizon, 15.0)\n    is_quiet = await _fold_open(",
            ),
        ),
    ),
    Mutant(
        "the horizon can go back",
        VIEW_STORE,
        (('"horizon": {"$max": ["$horizon", horizon]}', '"horizon": horizon'),),
    ),
    Mutant(
        "a view tells when it was written",
        VIEW_STORE,
        (
            ("import datetime, timedelta", "import UTC, datetime, timedelta"),
            (
                '        "window_seconds": key.window_seconds,\n        **asdict',
                (
                    '        "window_seconds": key.window_seconds,\n'
                    '        "updated_at": datetime.now(UTC),\n        **asdict'
                ),
            ),
        ),
    ),
    Mutant(
        "an average is one of averages",
        WINDOW_FOLD,
        (
            (
                "average=min(max(total / len(ordered), low), high)",
                (
                    "average=(math.fsum(ordered[::2]) / len(ordered[::2])"
                    " + math.fsum(ordered[1::2] or ordered) / len(ordered[1::2] or ordered)) / 2"
                ),
            ),
        ),
    ),
    Mutant(
        "a sum depends on the order of the readings",
        WINDOW_FOLD,
        (("total = math.fsum(ordered)", "total = sum(values)"),),
    ),
    Mutant(
        "a clockless reading that came again is noted under its own time",
        KEEPING,
        (
            (
                "start = window_start_of(stored.ts, window_seconds)",
                "start = window_start_of(one.reading.ts, window_seconds)",
            ),
        ),
    ),
    Mutant(
        "an alert is of the reading that came, not of the one that is stored",
        ALERT_STORE,
        (
            (
                '        "timestamp": as_.ts,',
                '        "timestamp": alert.reading.ts,',
            ),
        ),
    ),
    Mutant(
        "a device's latest reading is the last that came",
        VIEW_STORE,
        (
            (
                '            "$max": {"last_ts": latest["ts"], "latest": latest},',
                (
                    '            "$max": {"last_ts": latest["ts"]},\n'
                    '            "$set": {"latest": latest},'
                ),
            ),
        ),
    ),
)
