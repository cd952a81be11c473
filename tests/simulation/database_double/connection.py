"""The way of an operation. From the client to the primary and back, over a line that can fail
at any point; the server's part goes on without the client.
"""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Final

from pymongo.errors import AutoReconnect, NetworkTimeout, PyMongoError

from tests.simulation.database_double.faults import NONE
from tests.simulation.database_double.refusals import time_limit_error
from tests.simulation.database_double.replica import Optime, Replica
from tests.simulation.database_double.session import Session
from tests.simulation.seeded_random import Chance
from tests.simulation.trampoline import Point, Task, Trampoline

_LONG: Final = 200  # steps
_PATIENCE: Final = 40  # steps, at most, until a client that gives up does so
SLOW: Final = 0.02  # the weight of what is slow among what is not
SERVER: Final = "server: "


@dataclass(slots=True)
class Reply:
    """What the server answers: the operation's time, and a value or an error."""

    optime: Optime
    value: Any = None
    error: PyMongoError | None = None


class Connection:
    """The line of all clients to one replica set."""

    def __init__(self, replica: Replica, trampoline: Trampoline, chance: Chance) -> None:
        self.replica = replica
        self.trampoline = trampoline
        self.chance = chance
        self.faults = NONE

    async def write(
        self, label: str, served: Callable[[], Coroutine[Any, None, Reply]], session: Session | None
    ) -> Any:
        """Have the server write; give its answer's value or raise its error, or the line's."""
        chance, faults = self.chance, self.faults
        await self.may_pause(label)
        if chance.happens(faults.not_sent):
            raise AutoReconnect(f"{label}: not sent")
        serving = self.trampoline.spawn(SERVER + label, served())
        if chance.happens(faults.is_slow):
            serving.weight = SLOW
        patience = chance.below(_PATIENCE) if chance.happens(faults.gives_up) else None
        await Point(label, self._end_of(serving, patience))
        if not serving.is_done:
            raise NetworkTimeout(f"{label}: no answer in time")
        if serving.error is not None:
            raise serving.error
        if chance.happens(faults.answer_lost):
            raise AutoReconnect(f"{label}: the answer is lost")
        return _value(serving.result, session)

    async def may_pause(self, label: str) -> None:
        """Rest for long, on the client's side, before an operation is sent."""
        if self.chance.happens(self.faults.pauses):
            resumes = self.trampoline.steps + self.chance.below(_LONG)
            await Point(f"{label} (paused)", lambda: self.trampoline.steps >= resumes)

    async def held(self, optime: Optime) -> None:
        """Wait, on the server's side, until a majority holds what was written at `optime`."""
        await Point("majority", lambda: self.replica.held >= optime)

    def may_examine(self, documents: int) -> None:
        """Raise ExecutionTimeout where that is more than the server has time for."""
        most = self.faults.most_examined
        if most is not None and documents > most:
            raise time_limit_error()

    async def may_rest(self, share: float, label: str) -> None:
        """Let others go first, on the server's side, in a share of all cases."""
        if self.chance.happens(share):
            await Point(label)

    async def may_meet_another(self, is_met: Callable[[], bool]) -> None:
        """Let, in a share of all upserts, another client's insert of the same document go first, if
        one comes: so the race that is rare in life is frequent here.
        """
        if self.chance.happens(self.faults.meets_another):
            end = self.trampoline.steps + _LONG
            await Point("between match and insert", lambda: is_met() or self.trampoline.steps > end)

    def break_all(self) -> None:
        """End what the old primary was doing: each client of it sees its connection break."""
        for task in [task for task in self.trampoline.tasks if task.name.startswith(SERVER)]:
            self.trampoline.kill(task, AutoReconnect(f"{task.name}: the primary stepped down"))

    @property
    def is_serving(self) -> bool:
        """Tell whether the server has anything under way, be it that its client gave up."""
        return any(task.name.startswith(SERVER) for task in self.trampoline.tasks)

    def _end_of(self, serving: Task, patience: int | None) -> Any:
        if patience is None:
            return lambda: serving.is_done
        end = self.trampoline.steps + patience
        return lambda: serving.is_done or self.trampoline.steps >= end


def _value(reply: Reply, session: Session | None) -> Any:
    if session is not None:
        session.saw(reply.optime)
    if reply.error is not None:
        raise reply.error
    return reply.value
