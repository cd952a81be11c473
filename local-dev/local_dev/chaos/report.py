"""What does a run say in the end? A balance that can be checked by eye, and each thing wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from local_dev.chaos.balance import Account
    from local_dev.chaos.experiment import Outcome
    from local_dev.chaos.verdict import Stock

MOST_LINES = 20
HEAD = f"{'':24}{'accepted':>10}{'= stored':>10}{'+ duplicate':>13}{'+ dead':>8}{'difference':>12}"


def report(outcome: Outcome) -> str:
    """Return the text: the balance before and after the redrive, and what is wrong."""
    ledger = outcome.ledger
    answered = f"{ledger.requests} requests, {ledger.unanswered} of them without an answer or 503"
    lines = [
        f"{len(ledger.entries)} readings in {answered}",
        *_stock("before the redrive", outcome.before),
        *_stock("after the redrive", outcome.after),
    ]
    if outcome.after.letters:
        lines.append(f"still dead letters after the redrive: {dict(outcome.after.letters)}")
    lines += [f"given up by the bridge: {line}" for line in outcome.dropped[:MOST_LINES]]
    lines.append("exact" if outcome.is_right else "NOT EXACT")
    return "\n".join(lines)


def _stock(when: str, stock: Stock) -> list[str]:
    total = stock.balance.total
    wrong = [*stock.balance.faults, *stock.differences]
    lines = ["", when, HEAD, _row("all devices", total)]
    lines += [
        _row(device, account)
        for device, account in sorted(stock.balance.accounts.items())
        if account.difference
    ]
    lines.append(f"stored, but never acknowledged: {total.unknown}")
    lines += [f"dead letters, {what}: {number}" for what, number in stock.letters.items()]
    lines += wrong[:MOST_LINES]
    if stock.notes:
        lines.append(f"late windows that no refresh has dealt with: {stock.notes}")
    if len(wrong) > MOST_LINES:
        lines.append(f"and {len(wrong) - MOST_LINES} more")
    return lines


def _row(name: str, account: Account) -> str:
    return (
        f"{name:24}{account.accepted:10}{account.stored:10}{account.duplicate:13}{account.dead:8}"
        f"{account.difference:12}"
    )
