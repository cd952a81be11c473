"""`python -m functions NAME`: which function a process serves."""

import sys

import pytest

from functions import __main__ as entry


@pytest.mark.parametrize("arguments", [[], ["nobody"]])
def test_without_the_name_of_a_function_the_process_ends_with_2_and_the_names(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("FUNCTION", raising=False)
    monkeypatch.setattr(sys, "argv", ["functions", *arguments])

    with pytest.raises(SystemExit) as ended:
        entry.main()

    assert ended.value.code == 2
    assert "must be one of ingest, aggregate, alert, dlq, dashboard" in capsys.readouterr().err


@pytest.mark.parametrize("name", entry.FUNCTIONS)
def test_a_reloading_server_gets_the_application_that_function_names(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FUNCTION", name)

    assert entry.application().name == name
