"""The check of every function's settings, before any of them is needed."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from typing import TYPE_CHECKING

from local_dev.serving.instance import FunctionFailedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from local_dev.serving.instance import Launch


async def refuse_wrong_settings(launches: Iterable[Launch]) -> None:
    """Return if each function would start. Raise FunctionFailedError with each reason once.

    Functions with the same settings are checked in one process: most of its time is imports.
    """
    alike = defaultdict(list)
    for launch in launches:
        alike[frozenset(_settings_of(launch).items())].append(launch)
    logs = await asyncio.gather(*map(_check, alike.values()))
    functions: dict[str, list[str]] = defaultdict(list)
    for line in "".join(logs).splitlines():
        name, reason = _refusal_in(line)
        functions[reason].append(name)
    if functions:
        lines = [f"{reason} (setting of {', '.join(names)})" for reason, names in functions.items()]
        raise FunctionFailedError("\n".join(lines))


def _settings_of(launch: Launch) -> dict[str, str]:
    return {name: v for name, v in launch.environment.items() if not name.startswith("K_")}


async def _check(launches: Sequence[Launch]) -> str:
    """Return what is logged of those that would not start; nothing if all would."""
    process = await asyncio.create_subprocess_exec(
        *launches[0].command,
        *(launch.function for launch in launches[1:]),
        "--check",
        cwd=launches[0].root,
        env=launches[0].environment,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        _, errors = await process.communicate()
    except asyncio.CancelledError:
        process.kill()
        raise
    return errors.decode(errors="replace") if process.returncode else ""


def _refusal_in(line: str) -> tuple[str, str]:
    """Return function and reason; a line that is no log is a reason of all."""
    try:
        fields = json.loads(line)
        return str(fields["function"]), str(fields["reason"])
    except (ValueError, LookupError, TypeError):
        return "all", line
