"""The least rights that this repository states, as the servers take them."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pymongo.errors import OperationFailure

from tests.secured.mongo import DATABASE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.secured.kafka import SecuredKafka
    from tests.secured.mongo import SecuredMongo

_ROLE_EXISTS = 51002


@dataclass(frozen=True, slots=True)
class Acl:
    """What a Kafka user may do with one thing."""

    user: str
    kind: str
    name: str
    operations: tuple[str, ...]


def mongo_roles(root: Path) -> list[dict[str, Any]]:
    """Return the commands that make the roles."""
    made = json.loads((root / "knative" / "rights" / "mongodb.json").read_text())
    assert isinstance(made, list)
    return made


def kafka_acls(root: Path) -> Iterator[Acl]:
    """Yield what is stated of each user."""
    for line in (root / "knative" / "rights" / "kafka.acls").read_text().splitlines():
        if line.startswith("#"):
            continue
        words = shlex.split(line)
        pairs = list(zip(words[::2], words[1::2], strict=True))
        given = dict(pairs)
        kind = "topic" if "--topic" in given else "group"
        yield Acl(
            given["--allow-principal"].removeprefix("User:"),
            kind,
            given[f"--{kind}"],
            tuple(value for name, value in pairs if name == "--operation"),
        )


def grant_all(root: Path, mongo: SecuredMongo, kafka: SecuredKafka, password: str) -> None:
    """Make every role, and a user of the role's name; every Kafka user, with what it may do."""
    with mongo.administrator() as client:
        for role in mongo_roles(root):
            try:
                client[DATABASE].command(role)
            except OperationFailure as error:
                if error.code != _ROLE_EXISTS:
                    raise
    for role in mongo_roles(root):
        mongo.set_user(role["createRole"], password, [role["createRole"]])
    acls = list(kafka_acls(root))
    for user in {acl.user for acl in acls}:
        kafka.set_user(user, password)
    for acl in acls:
        kafka.allow(acl.user, acl.kind, acl.name, acl.operations)
