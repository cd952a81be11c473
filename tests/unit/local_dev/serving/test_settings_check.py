"""Every function's settings are checked before the system is said to be ready."""

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from local_dev.paths import ROOT
from local_dev.serving.instance import FunctionFailedError, Launch
from local_dev.serving.settings_check import refuse_wrong_settings


def launches(
    *names: str, root: Path = ROOT, environment: Mapping[str, str] | None = None
) -> list[Launch]:
    return [Launch(name, root, os.environ | dict(environment or {}), "/") for name in names]


def test_right_settings_are_not_refused() -> None:
    asyncio.run(refuse_wrong_settings(launches("ingest", "alert")))


def test_a_wrong_setting_is_named_once_with_its_functions() -> None:
    wrong = {"TEMP_MAX_THRESHOLD": "40,5", "AGGREGATE_WINDOW_SECONDS": "0"}

    with pytest.raises(FunctionFailedError) as caught:
        asyncio.run(
            refuse_wrong_settings(launches("aggregate", "dashboard", "alert", environment=wrong))
        )

    window, threshold = str(caught.value).splitlines()
    assert window.startswith("AGGREGATE_WINDOW_SECONDS='0': ")
    assert window.endswith("(setting of aggregate, dashboard)")
    assert threshold.startswith("TEMP_MAX_THRESHOLD='40,5': ")
    assert threshold.endswith("(setting of alert)")


def test_a_function_that_does_not_even_start_shows_its_own_words(tmp_path: Path) -> None:
    (tmp_path / "functions").mkdir()
    (tmp_path / "functions" / "__init__.py").touch()
    (tmp_path / "functions" / "__main__.py").write_text("raise SystemExit('no such module')")

    with pytest.raises(FunctionFailedError, match=r"no such module \(setting of all\)"):
        asyncio.run(refuse_wrong_settings(launches("alert", root=tmp_path)))
