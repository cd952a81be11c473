"""The credentials of `local-dev/up --auth`: keys in the data folder, and tokens to try with."""

from __future__ import annotations

import asyncio
import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from local_dev.paths import ROOT
from local_dev.servers.child_process import ServerFailedError

if TYPE_CHECKING:
    from pathlib import Path

COMMAND = ("-m", "functions.ingest.credential")
DAYS = "30"
DEVICES = ("greenhouse-*", "sim-*")  # of the sample, and the simulated ones
TIMEOUT_S = 30.0


@dataclass(frozen=True, slots=True)
class Credentials:
    """A token to post with, for the sample's and the simulated devices, and one of an admin."""

    device: str
    admin: str


async def make_credentials(auth_file: Path) -> Credentials:
    """Return new tokens; keys are made where there are none. Raise ServerFailedError."""
    folder = auth_file.parent
    if not auth_file.exists():  # noqa: ASYNC240 - nothing else runs yet
        await _output_of(folder, "keys")
    device = await _output_of(folder, "mint", "--devices", *DEVICES, "--days", DAYS)
    scopes = ("--scopes", "admin", "--subject", "local-admin")
    return Credentials(device, await _output_of(folder, "mint", *scopes, "--days", DAYS))


async def _output_of(folder: Path, *arguments: str) -> str:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, *COMMAND, "--folder", str(folder), *arguments),
        cwd=ROOT,
        env={**os.environ},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(TIMEOUT_S):
            output, errors = await process.communicate()
    except BaseException:
        process.kill()
        raise
    if process.returncode:
        raise ServerFailedError(f"no credentials: {errors.decode(errors='replace').strip()}")
    return output.decode().strip()
