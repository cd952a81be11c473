"""How much memory the bodies of requests may take: beyond it, a request is refused at once.

While Kafka stalls, each request waits with its readings. Without a bound they would be held until
the process is killed for its memory, and all of them lost their response. A body that is still on
its way takes its own bytes alone, so that senders on slow lines keep few others out.
"""

import sys
from dataclasses import replace
from typing import Final

from shared.outcomes import Reason, TemporaryError
from shared.serving.http import HttpResponse, temporary_error_response

MADE_OF_IT: Final = 12  # times its bytes: readings, records and what they were made from; measured


class HeldBytes:
    """A bound, in bytes of memory."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._held = 0

    @property
    def free(self) -> int:
        """How many more may be held."""
        return self._most - self._held

    def take(self, count: int) -> bool:
        """Hold some more; return False, and hold none of them, where they are too many."""
        if count > self.free:
            return False
        self._held += count
        return True

    def give_back(self, count: int) -> None:
        """Hold them no longer."""
        self._held -= count


UNBOUNDED: Final = HeldBytes(sys.maxsize)  # of events few come at a time: KafkaSource's limit


def too_much_at_once() -> HttpResponse:
    """Return the 503 of a request that is not held; it may be sent again."""
    detail = "more is being sent than can be kept until Kafka has it; try again"
    response = temporary_error_response(TemporaryError(Reason.OVERLOADED, detail))
    return replace(response, headers=[*response.headers, ("connection", "close")])
