"""The rules that are in force: what was published, by this process or by another."""

from typing import Final

from functions.alert.evaluation.watch import Watch, watch_of
from functions.alert.store.rules import RuleStore
from functions.alert.sweep_state import begun
from shared.alerts.rules.history import RuleBook
from shared.alerts.rules.rule_set import RuleSet
from shared.mongo.database import Database, Session
from shared.mongo.reading_store import clock_of
from shared.outcomes import TemporaryError

_TRIES: Final = 5
_OPERATION: Final = "keep_rules"


class RulesInForce:
    """The book of rules as this process knows it, and what each device's rules see.

    `stated` are the rules that this process was started with, None for one that only follows. They
    are published once, at its first tick, or where nothing is published yet: ticks go to the
    revision with the traffic, so a process of an older one that starts again in a rollout does not
    bring its rules back. After that it follows whatever is published.
    """

    def __init__(self, stated: RuleSet | None) -> None:
        self._stated = stated
        self._is_published = False
        self._take(RuleBook())

    @property
    def revision(self) -> int:
        """The number of the revision that is known."""
        return self._book.revision

    @property
    def book(self) -> RuleBook:
        """The revisions that are known."""
        return self._book

    def watch(self, device_id: str) -> Watch:
        """Return what the rules of a device see."""
        histories = self._book.histories_for(device_id)
        key = id(histories)  # one object for all devices of the same overrides, kept by the book
        if key not in self._watches:
            self._watches[key] = watch_of(histories)
        return self._watches[key]

    async def follow(
        self, database: Database, session: Session, revision: int, *, is_tick: bool = False
    ) -> bool:
        """Take over the revision that was read; return whether it was another than the known one.

        The rules of this process are published first, once, if this is the time for it.
        """
        if self._stated is not None and not self._is_published and (is_tick or revision == 0):
            await self._publish(database, session, self._stated)
            return True
        if revision == self.revision:
            return False
        documents = await RuleStore(database, session).revisions()
        self._take(RuleBook.from_documents(documents[:revision]))
        return True

    async def _publish(self, database: Database, session: Session, rules: RuleSet) -> None:
        """Make the stated rules those in force; raise TemporaryError if others go on publishing."""
        store = RuleStore(database, session)
        for _ in range(_TRIES):
            documents = await store.revisions()
            pointer = await store.pointer()
            book = RuleBook.from_documents(documents)
            stated = book.publish(rules, clock_of(session))
            if stated is not book and not await store.add(dict(stated.to_documents()[-1])):
                continue
            pointed = 0 if pointer is None else pointer["revision"]
            if pointed < stated.revision:
                since = stated.changed_after(pointed)
                assert since is not None
                moved = {"revision": stated.revision, "sweep": begun(pointer, since)}
                if not await store.move_pointer(pointer, moved):
                    continue
            self._take(stated)
            self._is_published = True
            return
        raise TemporaryError(_OPERATION, "others are publishing rules")

    def _take(self, book: RuleBook) -> None:
        self._book = book
        self._watches: dict[int, Watch] = {}
