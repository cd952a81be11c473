"""What alerts and states should be: the sorted readings of each device, folded in one go."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from functions.alert.alert_document import rule_of, timeline_of
from functions.alert.device_state import DeviceState
from functions.alert.evaluation.watch import watch_of
from shared.alerts.rules.history import RuleBook
from shared.alerts.timeline.fold import Run, run
from shared.alerts.timeline.sample import Sample, in_order, samples_of
from shared.alerts.timeline.track import START, Track
from tests.simulation.ledger import Broken, State
from tests.simulation.oracle import Document, canonical

_POINTER: Final = "~rules"
# What is kept beside the timeline, and follows from how it came to be known.
_ASIDE: Final = (
    "_id",
    "created_at",
    "updated_at",
    "version",
    "state_rev",
    "amended",
    "late_opened",
    "acknowledgement",
    "operator_actions",
    "retracted_by",
    "until",
)


def check_equals_one_fold(state: State, clock: datetime) -> None:
    """Raise Broken unless alerts and states are what the stored readings give at this time."""
    book = RuleBook.from_documents([one for _, one in sorted(state["alert_rules"].items())])
    readings = _by_device(state.get("telemetry_raw", {}).values())
    states = state.get("alert_states", {})
    expected: dict[str, Document] = {}
    for device_id, documents in readings.items():
        watch = watch_of(book.histories_for(device_id))
        found = {i: _folded(documents, i, watch, clock) for i in watch.rules}
        for rule_id, (_, one) in found.items():
            history = watch.rules[rule_id].history
            for episode in one.episodes:
                timeline = timeline_of(device_id, rule_of(history, episode), episode, None)
                ended = episode.ended is not None
                timeline["status"] = "resolved" if ended else "active"
                expected[_key(timeline)] = timeline
        _check_state(device_id, states.get(device_id), watch, found)
    _expect_alerts(state.get("alerts", {}).values(), expected)


def _folded(
    documents: Sequence[Document], rule_id: str, watch: Any, clock: datetime
) -> tuple[Sequence[Sample], Run]:
    rule = watch.rules[rule_id]
    samples = in_order(samples_of(rule.history, documents))
    return samples, run(rule.history, START, samples, clock - rule.grace)


def _check_state(
    device_id: str,
    document: Document | None,
    watch: Any,
    found: Mapping[str, tuple[Sequence[Sample], Run]],
) -> None:
    """Check that every checkpoint is what a fold of all before it gives, and what is due."""
    quiet = all(one.track.is_quiet for _, one in found.values()) and not watch.sees_all
    if document is None:
        if not quiet or any(one.episodes for _, one in found.values()):
            raise Broken(f"no state of {device_id}, whose rules are not all quiet")
        return
    state = DeviceState.from_document(document)
    if state.pending or state.left is not None:
        raise Broken(f"something of {device_id} is not written out: {document}")
    if not quiet and not state.is_armed:
        raise Broken(f"{device_id} is not armed, but its rules are not all quiet: {document}")
    dues = []
    for rule_id, (samples, one) in found.items():
        if one.due is not None:
            dues.append(one.due + watch.rules[rule_id].grace)
        chain = state.chains.get(rule_id)
        for checkpoint in chain.checkpoints if chain is not None else ():
            _check_checkpoint(device_id, watch.rules[rule_id].history, samples, checkpoint)
    if min(dues, default=None) != document.get("next_due"):
        raise Broken(f"{device_id} is due at {min(dues, default=None)}, not as in {document}")


def _check_checkpoint(
    device_id: str, history: Any, samples: Sequence[Sample], checkpoint: Document
) -> None:
    track = Track.from_document(checkpoint)
    assert track.position is not None
    before = [one for one in samples if (one.ts, one.reading_id) <= track.position]
    expected = run(history, START, before, None).track
    if track != expected:
        raise Broken(f"a checkpoint of {device_id} is {track}, and should be {expected}")


def _expect_alerts(stored: Iterable[Document], expected: Mapping[str, Document]) -> None:
    living = {_key(one): _plain(one) for one in stored if one["retracted_reason"] is None}
    found, wanted = canonical(living), canonical({k: _plain(v) for k, v in expected.items()})
    if found == wanted:
        return
    lines = ["alerts are not what the readings give:"]
    for key in sorted(found.keys() | wanted.keys()):
        if found.get(key) != wanted.get(key):
            lines += [f"  stored   {found.get(key)}", f"  expected {wanted.get(key)}"]
    raise Broken("\n".join(lines))


def _key(alert: Document) -> str:
    """Return what no two episodes have in common: several can start at one instant."""
    return f"{alert['device_id']} {alert['rule_id']} {alert['started']} {list(alert['opened_by'])}"


def _plain(alert: Document) -> Document:
    plain = {name: value for name, value in alert.items() if name not in _ASIDE}
    return {name: _listed(value) for name, value in plain.items()}


def _listed(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [_listed(one) for one in value]
    return value


def _by_device(raws: Iterable[Document]) -> dict[str, list[Document]]:
    found: dict[str, list[Document]] = {}
    for raw in sorted(raws, key=lambda one: str(one["_id"])):
        found.setdefault(raw["device_id"], []).append(raw)
    return found
