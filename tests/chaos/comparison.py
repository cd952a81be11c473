"""The differences between stored documents and recomputed ones, as lines for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tests.chaos.oracle import Document


def differences(
    what: str, stored: Iterable[Document], expected: Mapping[str, Document]
) -> list[str]:
    """Return a line for each document that is missing, surplus, there twice, or another."""
    lines: list[str] = []
    seen: set[str] = set()
    for document in stored:
        key = str(document["_id"])
        if key in seen:
            lines.append(f"{what} {key} is there twice")
        elif key not in expected:
            lines.append(f"{what} {key} follows from no stored reading")
        elif wrong := _wrong_fields(document, expected[key]):
            lines.append(f"{what} {key}: {wrong}")
        seen.add(key)
    return lines + [f"{what} {key} is missing" for key in expected if key not in seen]


def _wrong_fields(stored: Document, expected: Document) -> str:
    return "; ".join(
        f"{name} is {stored.get(name)}, not {value}"
        for name, value in expected.items()
        if stored.get(name) != value
    )
