"""The fold of one device: all rules of it that something new can matter to."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from time import perf_counter
from typing import Final

from functions.alert.device_state import Chain, DeviceState
from functions.alert.evaluation.checkpoints import position_of
from functions.alert.evaluation.device_reads import DeviceReads
from functions.alert.evaluation.job import NOTHING_NEW, Job, Since
from functions.alert.evaluation.rule_fold import RuleFold
from functions.alert.evaluation.slices import breathe
from functions.alert.evaluation.starting_point import BEGINNING, is_quiet, starting_point
from functions.alert.evaluation.watch import RuleWatch, Watch, rule_watch
from shared.alerts.rules.history import RuleHistory
from shared.alerts.timeline.sample import Position
from shared.mongo.collections import Document
from shared.readings.identity import EPOCH

MOST: Final = 50_000  # readings in one go: what is left is folded in the next
_AFTER: Final = "~"  # greater than what an id goes on with: after the reading
_BEGINNING: Final[Position] = (EPOCH, "")
_NO_CHAIN: Final = Chain()


@dataclass(frozen=True, slots=True)
class Folded:
    """A device's state after a fold, with nothing pending yet, and what its rules came to."""

    state: DeviceState
    folds: Sequence[RuleFold]
    alerts: Sequence[Document]  # all that are stored of the time that was folded, and maybe others


async def fold_device(
    state: DeviceState,
    watch: Watch,
    job: Job,
    since: Since,
    reads: DeviceReads,
    clock: datetime,
) -> Folded:
    """Fold what is new of a device; return its next state, of which nothing is stored yet.

    `clock` is the database's time, not before that of any fold that `state` is of.
    """
    last = job.last()
    if state.left is not None:
        since, last = since.or_earlier(Since(*state.left)), NOTHING_NEW
    folds = []
    for rule in rules_to_fold(state, watch, job, since):
        chain = state.chains.get(rule.history.rule_id, _NO_CHAIN)
        new_from = since.of(is_of_receipt=rule.is_of_receipt)
        start = await starting_point(rule, chain.checkpoints, new_from, reads, state.doubtful_from)
        folds.append(RuleFold(rule, start, chain, new_from, last))
    left = await _fold_all(folds, reads, clock, _folded_until(state, since))
    folds += [_gone(rule_id, clock) for rule_id in state.chains if rule_id not in watch.rules]
    alerts = await _alerts_of(folds, reads)
    return Folded(_next(state, watch, folds, left), folds, alerts)


def _gone(rule_id: str, clock: datetime) -> RuleFold:
    """Return the fold of a rule that, by what was published since, held at no time."""
    watch = rule_watch(RuleHistory(rule_id, ()))
    fold = RuleFold(watch, BEGINNING, _NO_CHAIN, NOTHING_NEW, NOTHING_NEW)
    fold.end(clock)
    return fold


def rules_to_fold(state: DeviceState, watch: Watch, job: Job, since: Since) -> Sequence[RuleWatch]:
    """Return the rules that something can change of; `since` is where the new begins."""
    return [rule for rule in watch.rules.values() if _is_touched(rule, state, job, since)]


def _is_touched(rule: RuleWatch, state: DeviceState, job: Job, since: Since) -> bool:
    if job.valid_from is not None or state.left is not None:
        return True
    if any(rule.is_loud(reading.values()) for reading in job.readings):
        return True
    chain = state.chains.get(rule.history.rule_id)
    if chain is None:
        return False  # it never was but OK
    if not chain.checkpoints or chain.due is not None or not is_quiet(chain.checkpoints[-1]):
        return True
    return since.of(is_of_receipt=rule.is_of_receipt) <= position_of(chain.checkpoints[-1])


def _folded_until(state: DeviceState, since: Since) -> Since:
    """Return the positions that the fold goes on from: what is before does not count as much."""
    if state.left is None:
        return Since(_BEGINNING, _BEGINNING)
    event, receipt = state.left
    return Since(
        event if since.event == event else _BEGINNING,
        receipt if since.receipt == receipt else _BEGINNING,
    )


async def _fold_all(
    folds: Sequence[RuleFold], reads: DeviceReads, clock: datetime, until: Since
) -> tuple[Position, Position] | None:
    """Fold to the end; return the positions from which on readings are left, None for none."""
    of_event = [fold for fold in folds if not fold.watch.is_of_receipt]
    of_receipt = [fold for fold in folds if fold.watch.is_of_receipt]
    left = (
        await _fold_to_end(of_event, reads, clock, until.event),
        await _fold_to_end(of_receipt, reads, clock, until.receipt),
    )
    if left == (None, None):
        return None
    return left[0] or NOTHING_NEW, left[1] or NOTHING_NEW


async def _fold_to_end(
    folds: Sequence[RuleFold], reads: DeviceReads, clock: datetime, until: Position
) -> Position | None:
    if not folds:
        return None
    axis = folds[0].watch.axis
    start = min(fold.start.position[0] for fold in folds)
    held, since = 0, perf_counter()
    async for page in reads.after(start, axis):
        for fold in folds:
            if not fold.is_done:
                fold.add(page)
                since = await breathe(since)
        if await _have_converged(folds, reads):
            return None
        held += sum((reading[axis], reading["_id"]) > until for reading in page)
        if held >= MOST:
            left = page[-1][axis], page[-1]["_id"] + _AFTER
            for fold in folds:
                fold.cut(left)
            return left
    for fold in folds:
        fold.end(clock)
    return None


async def _have_converged(folds: Sequence[RuleFold], reads: DeviceReads) -> bool:
    alerts = await _alerts_of(folds, reads)
    return all(fold.is_done or fold.converge(alerts) for fold in folds)


async def _alerts_of(folds: Iterable[RuleFold], reads: DeviceReads) -> Sequence[Document]:
    starts = [fold.start.position[0] for fold in folds]
    return await reads.alerts(min(starts)) if starts else ()


def _going_on(folds: Iterable[RuleFold]) -> Iterator[datetime]:
    return (start for fold in folds for start in fold.goes_on)


def _next(
    state: DeviceState,
    watch: Watch,
    folds: Sequence[RuleFold],
    left: tuple[Position, Position] | None,
) -> DeviceState:
    chains = {**state.chains, **{fold.rule_id: fold.chain() for fold in folds}}
    chains = {rule_id: chain for rule_id, chain in chains.items() if rule_id in watch.rules}
    newest = [chain.checkpoints[-1] for chain in chains.values() if chain.checkpoints]
    is_armed = left is not None or watch.sees_all or not all(map(is_quiet, newest))
    quiet_from = max((position_of(one)[1] for one in newest), default="")
    return replace(
        state,
        rev=state.rev + 1,
        is_armed=is_armed,
        quiet_from=max(state.quiet_from, quiet_from) if is_armed else quiet_from,
        chains=chains,
        left=left,
        doubtful_from=None if left is None else min(_going_on(folds), default=None),
        pending=(),
    )
