"""The report of a run: a balance that can be checked by eye, and each thing that is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local_dev.console import table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType

    from tests.chaos.balance import Account
    from tests.chaos.experiment import Outcome
    from tests.chaos.verdict import Verdict

MOST_LINES = 20
COLUMNS = ("", "accepted", "= stored", "+ duplicate", "+ dead", "difference")


def report(outcome: Outcome) -> Iterator[RenderableType]:
    """Yield the balance before and after the redrive, and what is wrong, for a console."""
    ledger = outcome.ledger
    yield (
        f"{len(ledger.entries)} readings in {ledger.requests} requests,"
        f" {ledger.unanswered} of them without a response or with 503"
    )
    yield from _section("before the redrive", outcome.before)
    yield from _section("after the redrive", outcome.after)
    if outcome.after.dead_letters:
        yield f"still dead letters after the redrive: {dict(outcome.after.dead_letters)}"
    yield from (f"dropped by the bridge: {line}" for line in outcome.dropped[:MOST_LINES])
    yield "exact" if outcome.is_right else "NOT EXACT"


def _section(when: str, verdict: Verdict) -> Iterator[RenderableType]:
    total = verdict.balance.total
    accounts = {"all devices": total} | verdict.balance.accounts
    shown = {name: each for name, each in accounts.items() if each is total or each.difference}
    wrong = [*verdict.balance.errors, *verdict.differences]
    yield f"\n{when}"
    yield table(COLUMNS, [_row(name, account) for name, account in shown.items()])
    yield f"stored, but never acknowledged: {total.unknown}"
    yield from (f"dead letters, {what}: {count}" for what, count in verdict.dead_letters.items())
    yield from wrong[:MOST_LINES]
    if len(wrong) > MOST_LINES:
        yield f"and {len(wrong) - MOST_LINES} more"
    if verdict.refresh_notes:
        yield f"batches that no refresh has counted: {verdict.refresh_notes}"


def _row(name: str, account: Account) -> tuple[object, ...]:
    counts = (account.accepted, account.stored, account.duplicate, account.dead)
    return (name, *counts, account.difference)
