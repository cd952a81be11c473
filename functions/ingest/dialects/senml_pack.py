"""Resolves a SenML pack: what a record means with the base fields before it (RFC 8428); pure."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from functions.ingest.dialects.numbers import is_number
from functions.ingest.faults import Fault
from functions.ingest.request_body import MalformedBody
from shared.outcomes import Reason

_VERSION: Final = 10
_BASE: Final = ("bn", "bu", "bt", "bv")  # hold from their record on
_NUMBERS: Final = ("bt", "bv", "bs", "t", "ut", "v", "s")
_TEXTS: Final = ("bn", "bu", "n", "u")


@dataclass(frozen=True, slots=True)
class Record:
    """A record with its base fields resolved.

    `time` in seconds, from 2^28 on since 1970, else from now; None where there is none. `value` is
    None for text, data and sums.
    """

    base_name: str
    name: str
    unit: str
    time: float | None
    value: float | None


def records_in(pack: object) -> Iterator[Record | Fault]:
    """Yield each record that has a value, or what is wrong with one.

    Raise MalformedBody for what is no pack, is of a later version, or has a field that must be
    understood and is not.
    """
    if not isinstance(pack, list) or not all(isinstance(record, dict) for record in pack):
        raise MalformedBody("a SenML pack is an array of records")
    for record in pack:
        _require_understood(record)
    base: dict[str, Any] = {}
    for record in pack:
        fault = _fault_of(record)
        if fault is not None:
            yield fault
            continue
        base.update({name: record[name] for name in _BASE if name in record})
        if not record.keys().isdisjoint(("v", "vb", "vs", "vd", "s")):
            yield _resolved(record, base)


def _require_understood(record: dict[str, Any]) -> None:
    version = record.get("bver", _VERSION)
    if not is_number(version) or version > _VERSION:
        raise MalformedBody(f"bver is {version!r}; versions up to {_VERSION} are read")
    unknown = [name for name in record if name.endswith("_")]
    if unknown:
        raise MalformedBody(f"the field {unknown[0][:40]!r} must be understood, and is not")


def _fault_of(record: dict[str, Any]) -> Fault | None:
    for name in _NUMBERS:
        if name in record and not (is_number(record[name]) and math.isfinite(record[name])):
            return Fault(name, Reason.INVALID, "must be a finite number")
    for name in _TEXTS:
        if name in record and not isinstance(record[name], str):
            return Fault(name, Reason.INVALID, "must be text")
    if "vb" in record and not isinstance(record["vb"], bool):
        return Fault("vb", Reason.INVALID, "must be true or false")
    return None


def _resolved(record: dict[str, Any], base: dict[str, Any]) -> Record:
    has_time = "t" in record or "bt" in base
    value = record["v"] + base.get("bv", 0) if "v" in record else record.get("vb")
    return Record(
        base.get("bn", ""),
        record.get("n", ""),
        record.get("u", base.get("bu", "")),
        base.get("bt", 0) + record.get("t", 0) if has_time else None,
        None if value is None else float(value),
    )
