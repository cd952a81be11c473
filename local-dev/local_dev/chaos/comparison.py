"""How do the kept documents differ from the recomputed ones? Pure; `stock_taking` asks."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from local_dev.chaos.oracle import Document

ROUNDED = frozenset({"average", "p50", "p95"})  # rounded on the way, here by another one


def differences(
    what: str,
    kept: Iterable[Document],
    key_of: Callable[[Document], object],
    expected: Mapping[object, Document],
) -> list[str]:
    """Return a line for each document that is missing, surplus, there twice, or another."""
    lines: list[str] = []
    seen: set[object] = set()
    for document in kept:
        key = key_of(document)
        if key in seen:
            lines.append(f"{what} {_name(key)} is there twice")
        elif key not in expected:
            lines.append(f"{what} {_name(key)} follows from no stored reading")
        else:
            lines += _wrong_fields(f"{what} {_name(key)}", document, expected[key])
        seen.add(key)
    return lines + [f"{what} {_name(key)} is missing" for key in expected if key not in seen]


def _wrong_fields(what: str, kept: Document, expected: Document) -> list[str]:
    wrong = [
        f"{name} is {kept.get(name)}, not {expected[name]}"
        for name in expected
        if not _is_equal(name, kept.get(name), expected[name])
    ]
    return [f"{what}: {'; '.join(wrong)}"] if wrong else []


def _name(key: object) -> str:
    return "/".join(map(str, key)) if isinstance(key, tuple) else str(key)


def _is_equal(name: str, kept: object, expected: object) -> bool:
    if name in ROUNDED and isinstance(kept, float) and isinstance(expected, float):
        return math.isclose(kept, expected, rel_tol=1e-12, abs_tol=1e-12)
    return kept == expected
