"""The check of every function's settings before any of them is needed: `--check` of each."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from typing import TYPE_CHECKING

from local_dev.serving.instance import FunctionFailedError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from local_dev.serving.instance import Launch


async def refuse_wrong_settings(launches: Iterable[Launch]) -> None:
    """Return if each function would start. Raise FunctionFailedError with each reason once."""
    checked = list(launches)
    refusals = await asyncio.gather(*map(_refusal_of, checked))
    functions = defaultdict(list)
    for launch, refusal in zip(checked, refusals, strict=True):
        if refusal is not None:
            functions[refusal].append(launch.function)
    if functions:
        lines = [f"{reason} (setting of {', '.join(names)})" for reason, names in functions.items()]
        raise FunctionFailedError("\n".join(lines))


async def _refusal_of(launch: Launch) -> str | None:
    process = await asyncio.create_subprocess_exec(
        *launch.command,
        "--check",
        cwd=launch.root,
        env=launch.environment,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        _, errors = await process.communicate()
    except asyncio.CancelledError:
        process.kill()
        raise
    return _reason_in(errors.decode(errors="replace")) if process.returncode else None


def _reason_in(log: str) -> str:
    """Return the reason of the log's last line, or all of a log that is none."""
    try:
        return str(json.loads(log.strip().splitlines()[-1])["reason"])
    except (ValueError, LookupError, TypeError):
        return log.strip()
