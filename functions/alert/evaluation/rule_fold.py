"""The fold of one rule of one device, page by page from its starting point; pure."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from functions.alert.device_state import Chain
from functions.alert.evaluation.checkpoints import Document, before, position_of, thinned
from functions.alert.evaluation.known_alerts import KnownAlert, covering, known_alerts
from functions.alert.evaluation.starting_point import StartingPoint
from functions.alert.evaluation.watch import RuleWatch
from shared.alerts.timeline.episode import Episode
from shared.alerts.timeline.flaps import STEADY
from shared.alerts.timeline.fold import run
from shared.alerts.timeline.sample import Position, samples_of

EVERY: Final = 1_000  # samples between two checkpoints of a long fold


class RuleFold:
    """What a rule makes of the readings from a starting point on.

    `since` is the position from which on something is new, `last` that of the last of it.
    `episodes` are all that overlap the time that was folded, when it is done; where it was cut,
    `goes_on` are the starts of what went on there.
    """

    def __init__(
        self, watch: RuleWatch, start: StartingPoint, chain: Chain, since: Position, last: Position
    ) -> None:
        self.watch = watch
        self.start = start
        self.position = start.position
        self.episodes: list[Episode] = []
        self.is_done = False
        self._until: Position | None = None  # it has converged there, or was cut
        self.goes_on: list[datetime] = []
        self._track = start.track
        self._chain = chain
        self._last = last
        self._checkpoints = list(before(chain.checkpoints, since))
        self._later = chain.checkpoints[len(self._checkpoints) :]
        self._due: datetime | None = None
        self._since_checkpoint = 0

    @property
    def rule_id(self) -> str:
        return self.watch.history.rule_id

    def add(self, readings: Iterable[Document]) -> None:
        """Fold some more readings, which follow those before in the order of their samples."""
        samples = [
            one
            for one in samples_of(self.watch.history, readings)
            if (one.ts, one.reading_id) > self.position
        ]
        if not samples:
            return
        found = run(self.watch.history, self._track, samples, None)
        self._track = found.track
        goes_on = found.track.episode is not None
        self.episodes += found.episodes[:-1] if goes_on else found.episodes
        self.position = (samples[-1].ts, samples[-1].reading_id)
        self._since_checkpoint += len(samples)
        if self._since_checkpoint >= EVERY:
            self._keep_checkpoint()

    def converge(self, alerts: Sequence[Document]) -> bool:
        """Return whether all that follows is as it was before: then it is done.

        So it is after the last of what is new, where all is OK, now and by the stored alerts, and
        no alert is recent enough to count for flapping.
        """
        if not self._later or self.position <= self._last or not self._track.is_quiet:
            return False
        if self.watch.sees_all or self._track.flaps != STEADY:
            return False
        known = known_alerts(alerts, self.rule_id)
        recent = self.position[0] - self.watch.flap_within
        if covering(known, self.position, self.watch.clear_hold) is not None or any(
            one.episode.fired > recent
            for one in known
            if not one.is_retracted and one.episode.fired <= self.position[0]
        ):
            return False
        self._until, self._due, self.is_done = self.position, self._chain.due, True
        self._keep_checkpoint()
        self._checkpoints += [one for one in self._later if position_of(one) > self.position]
        return True

    def cut(self, left: Position) -> None:
        """End it: what follows the position `left` is still to be folded.

        What went on there stays as it is stored, until it is known how.
        """
        if self.is_done:
            return
        self._until, self.is_done = left, True
        self._keep_checkpoint()
        found = run(self.watch.history, self._track, (), left[0]).episodes
        goes_on = found[-1:] if found and found[-1].settled is None else ()
        self.episodes += found[: len(found) - len(goes_on)]
        self.goes_on = [one.started for one in goes_on]
        self.goes_on += [one.since for _, one in self._track.levels if one.since is not None]

    def end(self, clock: datetime) -> None:
        """End it: there are no more readings, and time has passed to the database's `clock`."""
        if self.is_done:
            return
        self.is_done = True
        self._keep_checkpoint()
        found = run(self.watch.history, self._track, (), clock - self.watch.grace)
        self.episodes += found.episodes
        self._due = None if found.due is None else found.due + self.watch.grace

    def chain(self) -> Chain:
        """Return the checkpoints as they are now, and when the passing of time matters."""
        return Chain(thinned(self._checkpoints), self._due)

    def replaced(self, alerts: Sequence[Document]) -> Sequence[KnownAlert]:
        """Return the stored alerts of the time that was folded: the episodes take their places.

        Where the fold did not come to the end, what may go on there stays as it is.
        """
        start = self.start
        return [
            one
            for one in known_alerts(alerts, self.rule_id)
            if not one.is_past(start.position, start.track) and self._is_of(one)
        ]

    def _is_of(self, alert: KnownAlert) -> bool:
        if self._until is None or alert.is_past(self._until, self._track):
            return True
        end, ended = min([self._until[0], *self.goes_on]), alert.episode.ended
        if alert.episode.started >= end:
            return False
        return not self.goes_on or (ended is not None and ended < end)

    def _keep_checkpoint(self) -> None:
        self._since_checkpoint = 0
        newest = position_of(self._checkpoints[-1]) if self._checkpoints else None
        if self._track.position is None or self.position == self.start.position:
            return
        if newest is None or newest < self.position:
            self._checkpoints.append(self._track.to_document())
