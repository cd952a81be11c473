"""Delivers one row: decides what becomes of it, sends it, and marks what came of that."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from functions.alert.notify.deciding import Decision, Surroundings, decide
from functions.alert.notify.notices import CLOSING, OPENING
from functions.alert.notify.retrying import Answer, Outcome, next_wait, outcome_of
from functions.alert.notify.rows import KEPT, Status
from functions.alert.notify.store import digests, outbox
from functions.alert.notify.store.targets_off import switch_off
from functions.alert.notify.targets.target import Message, Request, Target
from shared import metrics
from shared.alerts.silences import silence_of
from shared.mongo.collections import Document
from shared.mongo.database import Database

_SOON: Final = timedelta(seconds=5)
_LATER: Final = timedelta(seconds=30)
_log = logging.getLogger(__name__)


class Client(Protocol):
    """What sends a request; it raises nothing of the network."""

    async def post(self, request: Request) -> Answer: ...


@dataclass(frozen=True, slots=True)
class Situation:
    """What is the same for all rows of a batch: silences in force, storms, targets that are off.

    `storms` are pairs of a target and a rule.
    """

    silences: Sequence[Document]
    storms: frozenset[tuple[str, str]]
    off: Mapping[str, str]


class Delivery:
    """The way of one row from due to told, for these targets; `repeat` is 0 for never."""

    def __init__(
        self,
        database: Database,
        client: Client,
        targets: Mapping[str, Target],
        repeat: timedelta,
    ) -> None:
        self._database = database
        self._client = client
        self._targets = targets
        self._repeat = repeat

    async def deliver(self, row: Document, situation: Situation, now: datetime) -> Outcome | None:
        """Claim the row and do with it what is due; nothing where another sender has it.

        Return what came of the attempt, None where none was made. Raise TemporaryError where the
        database fails.
        """
        if not await outbox.claim(self._database, row, now):
            return None
        target = self._targets[row["target"]]
        if target.name in situation.off:
            await self._end(row, Outcome.STUCK, situation.off[target.name])
            return None
        others = await outbox.others_of(self._database, row)
        alert = await outbox.alert_of(self._database, row["uid"])
        silence = silence_of(situation.silences, row["alert"], now)
        decision = decide(
            row,
            Surroundings(
                others=others,
                alert=alert,
                silence=None if silence is None else silence["_id"],
                is_storm=(target.name, row["rule_id"]) in situation.storms,
                keeps_state=target.keeps_state,
                now=now,
            ),
        )
        if decision.action == "send":
            return await self._send(row, decision.detail, target, now)
        await self._do(decision, row, target, now)
        return None

    async def _do(self, decision: Decision, row: Document, target: Target, now: datetime) -> None:
        if decision.action == "hold":
            fields = {"silenced_by": decision.detail, "attempts": 0}
            await outbox.drop_held(self._database, row, _ended(now, "a newer notice is kept back"))
            await outbox.settle(self._database, row, Status.SILENCED, fields)
            _count(target, "silenced")
        elif decision.action == "digest":
            at_once = row["kind"] in OPENING
            if await digests.join(self._database, row, now, at_once=at_once) is None:
                await outbox.give_back(self._database, row, now + _LATER, counted=False)
            _count(target, "digested")
        elif decision.action == "suppress":
            await self._suppress(row, decision.detail, now)
            _count(target, "suppressed")
        else:
            due = max(decision.due or now, now + _SOON)
            if due <= now + outbox.LEASE:  # it is being sent
                due = now + _SOON
            await outbox.give_back(self._database, row, due, counted=False)

    async def _send(
        self, row: Document, kind: str, target: Target, now: datetime
    ) -> Outcome | None:
        members: Sequence[Document] = ()
        count = 1
        if kind == "digest":
            members, count = await digests.members_of(self._database, row)
            if not members:
                await self._suppress(row, "it has no members", now)
                return None
        message = Message(
            notice_id=row["notice_id"],
            uid=row["uid"],
            kind=kind,
            at=row["enqueued_at"],
            alert=row["alert"],
            members=[_member(one) for one in members],
            count=count,
        )
        answer = await self._client.post(target.request_of(message, now))
        outcome = outcome_of(answer)
        _count(target, outcome.value)
        if outcome is Outcome.DELIVERED:
            await self._delivered(row, kind, members, target, now)
            return outcome
        wait = next_wait(row["attempts"] + 1, answer, now) if outcome is Outcome.AGAIN else None
        if wait is not None:
            due = now + wait
            await outbox.give_back(self._database, row, due, counted=True, error=answer.detail)
            return outcome
        if outcome is Outcome.OFF:
            await switch_off(self._database, target, answer.detail, now)
        await self._end(row, outcome, answer.detail, members)
        return outcome

    async def _delivered(
        self, row: Document, kind: str, members: Sequence[Document], target: Target, now: datetime
    ) -> None:
        fields: Document = {"sent_as": kind, "delivered_at": now}
        if kind in OPENING or kind == "repeat":
            first_sent = row.get("first_sent", now)
            fields["first_sent"] = first_sent
            await outbox.drop_held(self._database, row, _ended(now, "a later notice was sent"))
            await outbox.update_others(self._database, row, {"$unset": {"repeat_at": ""}})
            if self._repeat and not target.keeps_state:
                fields["repeat_at"] = now + self._repeat
        if kind not in OPENING:  # an opening is kept until its alert is over
            fields["expire_at"] = now + KEPT
        await digests.mark_told(self._database, row, members, now)
        await outbox.mark_delivered(self._database, row, fields)
        if kind in CLOSING:
            await self._forget(row, now)

    async def _suppress(self, row: Document, reason: str, now: datetime) -> None:
        await outbox.settle(self._database, row, Status.SUPPRESSED, _ended(now, reason))
        if row["kind"] in CLOSING:
            await self._forget(row, now)

    async def _forget(self, row: Document, now: datetime) -> None:
        """Let all rows of an alert that is over go in 30 days, and what a silence keeps at once."""
        await outbox.drop_held(self._database, row, _ended(now, "it was over before it was told"))
        over = {"$set": {"expire_at": now + KEPT}, "$unset": {"repeat_at": ""}}
        await outbox.update_others(self._database, row, over)

    async def _end(
        self, row: Document, outcome: Outcome, detail: str, members: Sequence[Document] = ()
    ) -> None:
        await outbox.settle(self._database, row, Status.STUCK, {"last_error": detail})
        await digests.mark_stuck(self._database, members, detail)
        _log.warning(
            "notice stuck",
            extra={"target": row["target"], "outcome": outcome.value, "reason": detail},
        )


def _ended(now: datetime, reason: str) -> Document:
    return {"last_error": reason, "expire_at": now + KEPT}


def _member(row: Document) -> dict[str, Any]:
    return {"alert_id": row["uid"], "kind": row["kind"], **row["alert"]}


def _count(target: Target, outcome: str) -> None:
    metrics.notifications.labels(target.name, outcome).inc()
