"""How a stored view differs from what its readings give; pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from shared.mongo.collections import Document

Kind = Literal["missing", "smaller", "different", "larger", "without_readings"]
GROWS: Final[tuple[Kind, ...]] = ("missing", "smaller")  # a larger set of readings replaces it


@dataclass(frozen=True, slots=True)
class Difference:
    """One view that is not what its readings give; `stored` or `expected` is None where it is not.

    missing: readings without a view. smaller: a view of fewer readings. larger: of more than there
    are now. different: of as many, and yet another document. without_readings: a view of none.
    """

    kind: Kind
    view_id: str
    device_id: str
    stored: Document | None
    expected: Document | None

    def sentence(self) -> str:
        """Return it in one line, for people."""
        stored = "none" if self.stored is None else self.stored.get("count")
        expected = "none" if self.expected is None else self.expected["count"]
        return f"{self.kind:16}  {self.view_id}  readings: stored {stored}, found {expected}"


def differences(
    stored: Mapping[str, Document], expected: Mapping[str, Document]
) -> Iterator[Difference]:
    """Return each view that differs, by `_id`; both are of the same windows."""
    for view_id in sorted(stored.keys() | expected.keys()):
        view, wanted = stored.get(view_id), expected.get(view_id)
        kind = _kind(view, wanted)
        if kind is not None:
            device_id = (view or wanted or {}).get("device_id", "")
            yield Difference(kind, view_id, device_id, view, wanted)


def _kind(stored: Document | None, expected: Document | None) -> Kind | None:
    if stored == expected:
        return None
    if stored is None:
        return "missing"
    if expected is None:
        return "without_readings"
    if stored["count"] == expected["count"]:
        return "different"
    return "smaller" if stored["count"] < expected["count"] else "larger"
