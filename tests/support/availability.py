"""What a test needs beyond Python and may not have: a skip, or an error where `CI` is `true`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NoReturn

import pytest

BESIDE = Path(__file__).resolve().parents[3] / "shared"  # of more than one checkout; not in a clone


def is_ci() -> bool:
    return os.environ.get("CI") == "true"


def no_server(error: Exception) -> NoReturn:
    """Skip a test that cannot have a real Kafka or MongoDB; in CI raise the reason."""
    if is_ci():
        raise error
    pytest.skip(f"needs a real server: {error}")


def shared_folder(name: str) -> Path:
    """Return a folder of `../shared`, such as `crds`.

    Skip the test where there is none; in CI this is an error if `../shared` itself is there.
    """
    folder = BESIDE / name
    if folder.is_dir():
        return folder
    if is_ci() and BESIDE.is_dir():
        pytest.fail(f"{BESIDE} is beside this checkout, but {folder} is not there")
    pytest.skip(f"not beside this checkout: {folder}")
