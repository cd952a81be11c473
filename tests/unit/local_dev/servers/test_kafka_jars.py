"""Only the jars that were locked reach the class path."""

import hashlib
import re
from pathlib import Path

import pytest

from local_dev.paths import KAFKA_LOCK
from local_dev.servers.child_process import ServerFailedError
from local_dev.servers.kafka_jars import class_path


def locked(tmp_path: Path, content: bytes) -> Path:
    lock = tmp_path / "lock"
    lock.write_text(
        '[[dependencies]]\ngroupId = "org.example"\nartifactId = "broker"\nversion = "1.0"\n'
        f'packaging = "jar"\nsha256 = "{hashlib.sha256(content).hexdigest()}"\n'
    )
    return lock


def test_a_jar_that_is_there_is_used_without_fetching(tmp_path: Path) -> None:
    jar = tmp_path / "broker-1.0.jar"
    jar.write_bytes(b"good")
    told: list[str] = []

    jars = class_path(locked(tmp_path, b"good"), tmp_path, told.append)

    assert jars == [jar]
    assert told == []


def test_another_jar_is_refused_with_both_hashes_and_deleted(tmp_path: Path) -> None:
    jar = tmp_path / "broker-1.0.jar"
    jar.write_bytes(b"evil")
    found, wanted = (hashlib.sha256(content).hexdigest() for content in (b"evil", b"good"))

    with pytest.raises(ServerFailedError, match=f"broker-1.0.jar .*{found}, locked is {wanted}"):
        class_path(locked(tmp_path, b"good"), tmp_path, print)

    assert not jar.exists()


def test_the_lock_names_apache_kafka_4_3_1_and_no_host() -> None:
    lock = KAFKA_LOCK.read_text()

    assert 'artifactId = "kafka_2.13"\nversion = "4.3.1"' in lock
    assert "//" not in lock
    assert len(re.findall(r'^sha256 = "[0-9a-f]{64}"$', lock, re.MULTILINE)) == lock.count(
        "[[dependencies]]"
    )
