"""The account of each device: every acknowledged reading is stored once, or a dead letter.

accepted = stored + duplicate + dead. One response that calls a reading queued is one accepted; the
second such response for the same reading is a duplicate of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tests.chaos.generated_readings import GeneratedReading, Key
    from tests.chaos.ledger import Entry
    from tests.chaos.oracle import Document


@dataclass(slots=True)
class Account:
    """Numbers of readings. `unknown`: stored without a response that says so (lost, or a 503)."""

    accepted: int = 0
    stored: int = 0
    duplicate: int = 0
    dead: int = 0
    unknown: int = 0

    @property
    def difference(self) -> int:
        return self.accepted - self.stored - self.duplicate - self.dead

    def __add__(self, other: Account) -> Account:
        names = [each.name for each in fields(Account)]
        return Account(*(getattr(self, name) + getattr(other, name) for name in names))


@dataclass(slots=True)
class Balance:
    """The accounts by device, and a line for each reading that is lost, there twice or altered."""

    accounts: dict[str, Account] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)

    @property
    def total(self) -> Account:
        return sum(self.accounts.values(), Account())


def balance(
    entries: Mapping[Key, Entry], stored: Iterable[Document], dead_ids: frozenset[str]
) -> Balance:
    """Compare what was acknowledged with telemetry_raw and the ids in dead letters."""
    found: dict[Key, list[Document]] = {}
    for document in stored:
        key = (document["device_id"], int(document["measurements"]["seq"]))
        found.setdefault(key, []).append(document)
    result = Balance()
    for key, entry in entries.items():
        account = result.accounts.setdefault(key[0], Account())
        documents = found.pop(key, [])
        result.errors += _enter(account, entry, documents, dead_ids)
        result.errors += [
            line for document in documents for line in _altered(entry.reading, document)
        ]
    result.errors += [f"{key}: stored, but never posted" for key in found]
    return result


def _enter(
    account: Account, entry: Entry, documents: list[Document], dead_ids: frozenset[str]
) -> list[str]:
    """Add one reading to its device's account, and return what is wrong with it."""
    key, acknowledged = entry.reading.key, entry.acknowledged
    account.accepted += len(acknowledged)
    if not entry.reading.is_recognisable:
        return _enter_each(account, key, acknowledged, documents, dead_ids)
    if not acknowledged:
        account.unknown += len(documents)
    else:
        account.duplicate += len(acknowledged) - 1
        account.stored += len(documents)
    if len(documents) > 1:
        return [f"{key}: stored {len(documents)} times: {[one['_id'] for one in documents]}"]
    if acknowledged and not documents:
        if dead_ids.isdisjoint(acknowledged):
            return [f"{key}: LOST; acknowledged as {acknowledged}; {entry.reading.posted}"]
        account.dead += 1
    return []


def _enter_each(
    account: Account,
    key: Key,
    acknowledged: list[str],
    documents: list[Document],
    dead_ids: frozenset[str],
) -> list[str]:
    """Add a reading with neither time nor id: each response was for a reading of its own."""
    ids = {str(document["_id"]) for document in documents}
    account.stored += len(ids & set(acknowledged))
    account.unknown += len(ids - set(acknowledged))
    missing = [each for each in acknowledged if each not in ids]
    dead = [each for each in missing if each in dead_ids]
    account.dead += len(dead)
    return [f"{key}: LOST; acknowledged as {each}" for each in missing if each not in dead]


def _altered(reading: GeneratedReading, document: Document) -> list[str]:
    posted: dict[str, Any] = {k: v for k, v in reading.posted.items() if k not in ("id", "ts")}
    wrong = [name for name in posted if document.get(name) != posted[name]]
    if "ts" in reading.posted and reading.posted["ts"] != _time_of(document):
        wrong.append("ts")
    return [f"{reading.key}: stored with another {name}: {document}" for name in wrong]


def _time_of(document: Document) -> str:
    moment: datetime = document["ts"]
    whole = moment.microsecond + int(document.get("ts_us", 0))
    return moment.replace(microsecond=whole).isoformat()
