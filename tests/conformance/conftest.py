"""The stand-in function, where an autoscaler finds it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

STAND_IN = Path(__file__).with_name("stand_in_function.py")


@pytest.fixture
def functions(tmp_path: Path) -> Path:
    folder = tmp_path / "functions"
    folder.mkdir(parents=True)
    (folder / "__init__.py").touch()  # else the repository's own, on PYTHONPATH, is found
    shutil.copy(STAND_IN, folder / "__main__.py")
    return tmp_path
