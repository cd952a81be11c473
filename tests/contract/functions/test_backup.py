"""A backup that is restored gives the same, on the real MongoDB."""

import gzip
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bson
import pytest

from functions.aggregate.backup.__main__ import main
from functions.aggregate.backup.collections import ALL
from shared.mongo.collections import ALERTS, DEAD_LETTERS, RAW, VIEWS
from tests.contract.functions.test_erase import WIDTH_S, aggregated, fill, letter
from tests.support.measurement import environment_of_children
from tests.support.servers import Documents, new_database

pytestmark = pytest.mark.database


@pytest.fixture
def database(mongo_url: str) -> Iterator[Documents]:
    with new_database(mongo_url) as made:
        yield made


@pytest.fixture
def empty(mongo_url: str) -> Iterator[Documents]:
    with new_database(mongo_url) as made:
        yield made


def environment(url: str, database: Documents) -> dict[str, str]:
    return {
        "MONGO_URL": url,
        "MONGO_DB": database.name,
        "AGGREGATE_WINDOW_SECONDS": str(WIDTH_S),
        "AGGREGATE_GRACE_SECONDS": "0",
    }


def saved(url: str, database: Documents, path: Path) -> Path:
    assert main(["save", str(path)], environment(url, database)) == 0
    return path


def content(database: Documents, name: str) -> list[dict[str, Any]]:
    return list(database[name].find(sort=[("_id", 1)]))


def audit(function: str, url: str, database: Documents, root: Path) -> int:
    command = [sys.executable, "-m", f"functions.{function}.audit"]
    variables = {"PATH": os.environ["PATH"], **environment(url, database)}
    done = subprocess.run(
        command,
        cwd=root,
        env=variables | environment_of_children(),
        capture_output=True,
        timeout=50,
        check=False,
    )
    return done.returncode


def test_what_was_saved_is_there_again_and_the_rest_is_made_anew(
    mongo_url: str, database: Documents, empty: Documents, tmp_path: Path, root: Path
) -> None:
    fill(mongo_url, database)
    database[DEAD_LETTERS].insert_one(letter("one", b"[]"))
    empty.create_collection(RAW)  # without documents: indexes are made by whoever is up
    file = saved(mongo_url, database, tmp_path / "backup.gz")

    assert main(["restore", str(file)], environment(mongo_url, empty)) == 0
    for name in ALL:
        assert content(empty, name) == content(database, name), name
    assert content(empty, VIEWS) == []
    aggregated(mongo_url, empty, [])

    assert content(empty, VIEWS) == content(database, VIEWS)
    assert audit("aggregate", mongo_url, empty, root) == 0
    assert audit("alert", mongo_url, empty, root) == 0
    assert len(content(empty, ALERTS)) > 0


def test_what_kafka_delivers_again_after_a_restore_changes_nothing(
    mongo_url: str, database: Documents, empty: Documents, tmp_path: Path, root: Path
) -> None:
    fill(mongo_url, database)
    file = saved(mongo_url, database, tmp_path / "backup.gz")
    assert main(["restore", str(file)], environment(mongo_url, empty)) == 0
    before = content(empty, RAW), content(empty, ALERTS)

    fill(mongo_url, empty)

    assert (content(empty, RAW), content(empty, ALERTS)) == before
    assert content(empty, VIEWS) == content(database, VIEWS)
    assert audit("alert", mongo_url, empty, root) == 0


def test_many_documents_are_saved_and_restored_page_by_page(
    mongo_url: str,
    database: Documents,
    empty: Documents,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("functions.aggregate.backup.backup.PAGE", 3)
    fill(mongo_url, database)
    file = saved(mongo_url, database, tmp_path / "backup.gz")

    assert main(["restore", str(file)], environment(mongo_url, empty)) == 0

    assert content(empty, RAW) == content(database, RAW)
    assert len(content(empty, RAW)) == 24


@pytest.mark.parametrize("what", ["cut", "damaged", "empty", "foreign", "no end", "miscounted"])
def test_a_file_that_is_no_whole_backup_is_refused_before_anything_is_written(
    mongo_url: str,
    database: Documents,
    empty: Documents,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    what: str,
) -> None:
    fill(mongo_url, database)
    file = saved(mongo_url, database, tmp_path / "backup.gz")
    whole = file.read_bytes()
    plain = gzip.decompress(whole)
    end = len(bson.encode({"end": {name: database[name].count_documents({}) for name in ALL}}))
    file.write_bytes(
        {
            "cut": whole[: len(whole) // 2],
            "damaged": whole[:500] + bytes([whole[500] ^ 1]) + whole[501:],
            "empty": b"",
            "foreign": gzip.compress(bson.encode({"a": 1})),
            "no end": gzip.compress(plain[:-end]),
            "miscounted": gzip.compress(plain[:-end] + bson.encode({"end": {RAW: 1}})),
        }[what]
    )

    assert main(["restore", str(file)], environment(mongo_url, empty)) == 2

    assert str(file) in capsys.readouterr().err
    assert empty.list_collection_names() == []


@pytest.mark.parametrize("rest", [b"\x01\x00", b"\xff\xff\xff\x7f", b"\x05\x00\x00\x00\x01"])
def test_bytes_that_are_no_documents_are_refused(
    mongo_url: str, database: Documents, empty: Documents, tmp_path: Path, rest: bytes
) -> None:
    file = saved(mongo_url, database, tmp_path / "backup.gz")
    plain = gzip.decompress(file.read_bytes())
    first = int.from_bytes(plain[:4], "little")
    file.write_bytes(gzip.compress(plain[:first] + rest))

    assert main(["restore", str(file)], environment(mongo_url, empty)) == 2


def test_a_database_that_is_not_empty_is_refused(
    mongo_url: str, database: Documents, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fill(mongo_url, database)
    file = saved(mongo_url, database, tmp_path / "backup.gz")

    assert main(["restore", str(file)], environment(mongo_url, database)) == 2
    assert "restore into an empty database" in capsys.readouterr().err


def test_a_backup_that_fails_leaves_the_one_before(
    mongo_url: str, database: Documents, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(mongo_url, database)
    file = saved(mongo_url, database, tmp_path / "backup.gz")
    before = file.read_bytes()
    away = {"MONGO_URL": "mongodb://127.0.0.1:1/", "MONGO_TIMEOUT_MS": "100"}

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    assert main(["save", str(file)], away) == 1
    monkeypatch.setattr("functions.aggregate.store.archive.ArchiveWriter.add", full)
    assert main(["save", str(file)], environment(mongo_url, database)) == 1

    assert file.read_bytes() == before
    assert list(tmp_path.iterdir()) == [file]


def test_the_command_says_how_it_is_used(root: Path) -> None:
    said = subprocess.run(
        [sys.executable, "-m", "functions.aggregate.backup", "--help"],
        cwd=root,
        env=environment_of_children(),
        capture_output=True,
        text=True,
        timeout=50,
        check=True,
    )

    assert "recomputed" in said.stdout


def test_what_was_saved_is_told(
    mongo_url: str, database: Documents, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fill(mongo_url, database)
    saved(mongo_url, database, tmp_path / "backup.gz")

    assert json.loads(capsys.readouterr().out)[RAW] == 24
