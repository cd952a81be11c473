"""What a backup has: what cannot be recomputed from stored readings, and these."""

from typing import Final

from shared.mongo.collections import (
    ALERT_RULES,
    ALERT_STATES,
    ALERTS,
    DEAD_LETTERS,
    ERASED,
    OUTBOX,
    RAW,
    SILENCES,
    TARGETS,
)

# Read as they were at one moment: an alert is of its device's state, and the other way around.
AT_ONE_MOMENT: Final = (ALERT_RULES, ALERT_STATES, ALERTS, OUTBOX, SILENCES, TARGETS, ERASED)
# Each document by itself; readings last, so that what was stored meanwhile is in it, too.
BY_THEMSELVES: Final = (DEAD_LETTERS, RAW)
ALL: Final = (*AT_ONE_MOMENT, *BY_THEMSELVES)
