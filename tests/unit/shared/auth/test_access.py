"""Open or closed, as the settings say."""

import subprocess
import sys
from pathlib import Path

import pytest

from shared.auth.access import verifier_of
from shared.settings import AuthSettings, SettingsError, read
from tests.support.credentials import SigningKey, auth_folder
from tests.support.pages import ROOT

DEVICES = {"name": "devices", "keys": [SigningKey("k1")], "scopes": ["ingest"]}


def test_without_a_file_it_is_open() -> None:
    assert verifier_of(read(AuthSettings, {})) is None


def test_with_a_file_it_is_closed(tmp_path: Path) -> None:
    file = auth_folder(tmp_path, [DEVICES])

    assert verifier_of(read(AuthSettings, {"AUTH_FILE": str(file)})) is not None


def test_a_wrong_file_stops_the_start(tmp_path: Path) -> None:
    file = tmp_path / "auth.yaml"
    file.write_text("issuers:\n  - name: x\n")

    with pytest.raises(SettingsError, match=r"^AUTH_FILE='.*auth\.yaml': .*line 2: issuers\.0\."):
        verifier_of(read(AuthSettings, {"AUTH_FILE": str(file)}))


def test_where_it_is_required_there_is_no_start_without_a_file() -> None:
    with pytest.raises(SettingsError, match="AUTH_REQUIRED=true, and AUTH_FILE is not set"):
        read(AuthSettings, {"AUTH_REQUIRED": "true"})


def test_where_it_is_required_a_file_is_enough() -> None:
    settings = read(AuthSettings, {"AUTH_REQUIRED": "true", "AUTH_FILE": "/etc/auth/auth.yaml"})

    assert settings.auth_file == "/etc/auth/auth.yaml"


@pytest.mark.parametrize("name", ["ingest", "dashboard", "aggregate", "alert", "dlq"])
def test_an_open_function_imports_nothing_of_tokens(name: str) -> None:
    """It would pay for it with 0.15 s of each cold start."""
    program = (
        f"import functions.{name}.app as app, sys\n"
        "app.create({})\n"
        "print({'jwt', 'cryptography', 'yaml'} & set(sys.modules))"
    )

    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, cwd=ROOT)

    assert ran.stdout.decode().strip() == "set()"
