"""The files that say whom to trust, read together."""

from pathlib import Path

import pytest

from shared.auth.files import read_files
from shared.auth.issuers import AuthFileError
from tests.support.credentials import SigningKey, auth_folder

DEVICES = {"name": "devices", "keys": [SigningKey("k1")], "scopes": ["ingest"]}


def test_files_are_read_relative_to_the_first(tmp_path: Path) -> None:
    files = read_files(auth_folder(tmp_path, [DEVICES], revoked="t-1"))

    assert set(files.keys["devices"].by_id) == {"k1"}
    assert files.revocations.token_ids == {"t-1"}
    assert not files.has_changed


def test_a_list_of_revocations_is_not_required(tmp_path: Path) -> None:
    file = auth_folder(tmp_path, [DEVICES])
    file.write_text(file.read_text().replace(', "revoked": "revoked.txt"', ""))

    assert read_files(file).revocations.token_ids == set()


@pytest.mark.parametrize("name", ["auth.yaml", "devices.jwks", "revoked.txt"])
def test_a_change_of_each_file_is_seen(tmp_path: Path, name: str) -> None:
    files = read_files(auth_folder(tmp_path, [DEVICES]))

    with (tmp_path / name).open("a") as file:
        file.write("\n")

    assert files.has_changed


def test_a_file_that_goes_away_is_a_change(tmp_path: Path) -> None:
    files = read_files(auth_folder(tmp_path, [DEVICES]))

    (tmp_path / "revoked.txt").unlink()

    assert files.has_changed


def test_a_link_that_leads_elsewhere_is_a_change(tmp_path: Path) -> None:
    """A ConfigMap's files change so."""
    for version in ("one", "two"):
        (tmp_path / version).mkdir()
        auth_folder(tmp_path / version, [DEVICES])
    (tmp_path / "data").symlink_to("one")
    files = read_files(tmp_path / "data" / "auth.yaml")

    (tmp_path / "next").symlink_to("two")
    (tmp_path / "next").rename(tmp_path / "data")

    assert files.has_changed


@pytest.mark.parametrize(
    ("name", "content", "fault"),
    [
        ("auth.yaml", b"issuers: []", "auth.yaml: line 1: issuers: Tuple should have"),
        ("devices.jwks", b"{}", "devices.jwks: is no key set"),
        ("revoked.txt", b"a b", "revoked.txt: line 1: must be"),
        ("revoked.txt", b"\xff", "revoked.txt: is no text in UTF-8"),
    ],
)
def test_a_fault_is_named_with_its_file(
    tmp_path: Path, name: str, content: bytes, fault: str
) -> None:
    file = auth_folder(tmp_path, [DEVICES])
    (tmp_path / name).write_bytes(content)

    with pytest.raises(AuthFileError) as wrong:
        read_files(file)

    assert str(wrong.value).startswith(f"{tmp_path}/{fault}")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(AuthFileError, match=r"auth\.yaml: No such file"):
        read_files(tmp_path / "auth.yaml")
