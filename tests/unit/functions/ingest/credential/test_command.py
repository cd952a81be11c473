"""The command that makes keys and mints tokens, as an operator uses it."""

import io
import json
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from functions.ingest.credential.__main__ import main
from shared.auth.signing import ALGORITHMS
from tests.support.credentials import SigningKey, auth_folder
from tests.support.pages import ROOT

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Return a function that runs the command in a folder: exit code, output and errors."""

    def ran(*arguments: str) -> tuple[int, str, str]:
        code = main(["--folder", str(tmp_path / "auth"), *arguments])
        said = capsys.readouterr()
        return code, said.out, said.err

    return ran


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_minted_token_is_good_for_its_devices(run: Run, algorithm: str) -> None:
    run("keys", "--algorithm", algorithm)
    code, token, said = run("mint", "--devices", "greenhouse-*", "barn", "--days", "365")

    shown, lines, _ = run("show", token.strip())

    assert (code, shown) == (0, 0)
    assert "devices     greenhouse-*, barn" in lines
    assert "scopes      ingest\n" in lines
    assert said.startswith("id ")
    assert said.split()[1].strip(":") in lines


def test_the_next_key_signs_and_the_last_one_still_verifies(run: Run) -> None:
    run("keys")
    _, first, _ = run("mint", "--devices", "a", "--days", "1")
    run("keys")
    _, second, _ = run("mint", "--devices", "a", "--days", "1")

    assert [run("show", token.strip())[0] for token in (first, second)] == [0, 0]


def test_the_key_before_the_last_verifies_no_more(run: Run) -> None:
    run("keys")
    _, token, _ = run("mint", "--devices", "a", "--days", "1")
    run("keys")
    run("keys")

    assert run("show", token.strip()) == (1, "not good: unknown key\n", "")


def test_what_signs_is_for_its_owner_alone_and_no_public_file_holds_it(
    run: Run, tmp_path: Path
) -> None:
    run("keys")

    signing = tmp_path / "auth" / "signing.jwks"
    (public,) = json.loads((tmp_path / "auth" / "keys.jwks").read_text())["keys"]

    assert stat.S_IMODE(signing.stat().st_mode) == 0o600
    assert "d" in json.loads(signing.read_text())["keys"][0]
    assert "d" not in public


def test_a_file_of_issuers_that_is_there_is_kept(run: Run, tmp_path: Path) -> None:
    run("keys")
    file = tmp_path / "auth" / "auth.yaml"
    file.write_text(f"# mine\n{file.read_text()}")

    run("keys")

    assert file.read_text().startswith("# mine\n")


def test_a_token_of_a_person_has_a_subject_and_scopes(run: Run) -> None:
    run("keys")
    _, token, _ = run("mint", "--days", "1", "--scopes", "read,alerts:ack", "--subject", "ada")

    _, lines, _ = run("show", token.strip())

    assert "subject     ada" in lines
    assert "scopes      alerts:ack, read" in lines
    assert "devices     (none)" in lines


def test_a_token_may_come_from_standard_input(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    run("keys")
    _, token, _ = run("mint", "--devices", "a", "--days", "1")
    monkeypatch.setattr("sys.stdin", io.StringIO(token))

    assert run("show")[0] == 0


def test_a_revoked_token_is_shown_as_such(run: Run, tmp_path: Path) -> None:
    run("keys")
    _, token, said = run("mint", "--devices", "a", "--days", "1")
    (tmp_path / "auth" / "revoked.txt").write_text(said.split()[1].strip(":"))

    assert run("show", token.strip()) == (1, "not good: revoked\n", "")


def test_a_token_of_an_issuer_out_of_reach_is_not_known(run: Run, tmp_path: Path) -> None:
    (tmp_path / "auth").mkdir()
    url = "http://localhost:1/keys"
    auth_folder(tmp_path / "auth", [{"name": "people", "jwks_url": url, "scopes": ["read"]}])

    code, said, _ = run("show", SigningKey("k1").token())

    assert (code, said) == (1, "not known: the keys of people are out of reach; try again\n")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--devices", "a b", "--days", "1"], "'a b' is no device id"),
        (["--days", "1"], "a token to post readings needs --devices"),
        (["--devices", "*", "--days", "1"], "all devices (*) only with the scope admin"),
        (["--devices", "a", "--days", "1", "--scopes", "all"], "'all' is not a valid Scope"),
    ],
)
def test_a_token_that_would_be_wrong_is_not_minted(
    run: Run, arguments: list[str], sentence: str
) -> None:
    run("keys")

    code, output, said = run("mint", *arguments)

    assert (code, output) == (2, "")
    assert sentence in said


def test_all_devices_are_an_admins(run: Run) -> None:
    run("keys")
    _, token, _ = run("mint", "--devices", "*", "--days", "1", "--scopes", "ingest,admin")

    assert "devices     *" in run("show", token.strip())[1]


@pytest.mark.parametrize("days", ["0", "-1", "x", "nan", "36501"])
def test_a_time_that_is_none_is_refused(run: Run, days: str) -> None:
    with pytest.raises(SystemExit) as ended:
        run("mint", "--devices", "a", "--days", days)

    assert ended.value.code == 2


def test_without_a_key_the_way_to_one_is_said(run: Run) -> None:
    code, _, said = run("mint", "--devices", "a", "--days", "1")

    assert code == 2
    assert "make it with: python -m functions.ingest.credential keys" in said


def test_without_a_file_of_issuers_nothing_is_shown(run: Run) -> None:
    code, _, said = run("show", "a.b.c")

    assert code == 2
    assert "auth.yaml: No such file" in said


def test_a_folder_that_cannot_be_made_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")

    code = main(["--folder", str(tmp_path / "file"), "keys"])

    assert code == 2
    assert str(tmp_path / "file") in capsys.readouterr().err


def test_it_is_run_as_a_module(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "functions.ingest.credential"]

    subprocess.run([*command, "--folder", tmp_path / "auth", "keys"], cwd=ROOT, check=True)

    assert (tmp_path / "auth" / "auth.yaml").exists()
