"""The report of an audit of alerts."""

import pytest

from functions.alert.audit import report as report_module
from functions.alert.audit.device_audit import Audited
from functions.alert.audit.report import Report


def test_it_says_how_far_it_is_now_and_then(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report_module, "_PROGRESS_S", 0.0)

    Report(is_json=True, revision=1).add(Audited("greenhouse-1", 5, 1, []))

    assert capsys.readouterr().err == "greenhouse-1  1 devices, 0 differences\n"
