"""What an update makes of a document: the few operators and stages that the stores use."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from tests.simulation.database_double.expressions import evaluate
from tests.simulation.database_double.matching import equalities
from tests.simulation.database_double.ordering import MISSING, compare

Document = dict[str, Any]
Update = Document | Sequence[Document]


def updated(document: Document, update: Update, now: datetime) -> Document:
    """Give the document after an update of operators, a pipeline, or a replacement."""
    if isinstance(update, dict):
        if not any(name.startswith("$") for name in update):
            return {"_id": document["_id"], **update}
        return _by_operators(document, update, is_new=False)
    for stage in update:
        ((name, fields),) = stage.items()
        assert name == "$set", f"the double does not know the stage {name}"
        document = {**document, **{f: _set(document, f, e, now) for f, e in fields.items()}}
    return document


def _set(document: Document, name: str, expression: Any, now: datetime) -> Any:
    """Return the value of a field that a stage sets; a document keeps its other fields."""
    value, present = evaluate(expression, document, now), document.get(name)
    is_plain = isinstance(expression, dict) and not next(iter(expression), "").startswith("$")
    return {**present, **value} if is_plain and isinstance(present, dict) else value


def inserted(wanted: Document, update: Update, now: datetime) -> Document:
    """Return the document that an upsert inserts where none matches its filter."""
    if not isinstance(update, dict):
        return updated(equalities(wanted), update, now)
    if not any(name.startswith("$") for name in update):
        return {**equalities({"_id": wanted["_id"]}), **update}
    return _by_operators(equalities(wanted), update, is_new=True)


def _by_operators(document: Document, update: Document, *, is_new: bool) -> Document:
    result = dict(document)
    for operator, fields in update.items():
        for name, value in fields.items():
            if operator == "$inc":  # none of ours: a mutant counts with it
                result[name] = result.get(name, 0) + value
            elif _sets(operator, result.get(name, MISSING), value, is_new=is_new):
                result[name] = value
    return result


def _sets(operator: str, present: Any, value: Any, *, is_new: bool) -> bool:
    if operator == "$set":
        return True
    if operator == "$setOnInsert":
        return is_new
    if operator == "$min":
        return present is MISSING or compare(value, present) < 0
    if operator == "$max":
        return present is MISSING or compare(value, present) > 0
    raise NotImplementedError(f"the double does not know {operator}")
