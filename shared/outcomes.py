"""What can become of a request or an event besides success.

    Exception
    +-- PermanentError       the data is at fault: 422, never retried, a dead letter
    +-- TemporaryError       the world is at fault: 503 with Retry-After, retried
    +-- NotTrusted           a credential proves nothing: 401 (shared/auth)
    +-- SettingsError        the environment is wrong: the process ends with 2 (shared/settings.py)
    +-- StartRefused         the database can never serve: no start (shared/mongo/connection.py)
    +-- MalformedBody        a posted body that holds no readings: 400 (functions/ingest)
    +-- OversizedBatch       too many readings, or too large when decoded: 413 (functions/ingest)
    +-- UnknownCoding        a Content-Encoding that is not read: 415 (functions/ingest)
    +-- any other            a bug: 500, retried, then a dead letter

Rules and stores raise the first two; shared/serving alone turns them into responses.
"""

from enum import StrEnum
from typing import Final

RETRY_AFTER_S: Final = 2


class Reason(StrEnum):
    """Why something failed: one closed set for responses, dead letters and metric labels."""

    # Of a posted reading, or of the request that brought it.
    MALFORMED = "malformed"
    OVERSIZED = "oversized"
    INVALID = "invalid"
    MISSING = "missing"
    TOO_LARGE = "too_large"
    UNKNOWN_FIELD = "unknown_field"
    NO_VALUE = "no_value"
    INVALID_TS = "invalid_ts"
    TOO_OLD_TS = "too_old_ts"
    FUTURE_TS = "future_ts"
    UNSUPPORTED = "unsupported"  # as a label: what was well said, and is no reading
    NOT_ALLOWED = "not_allowed"
    RATE_LIMITED = "rate_limited"

    # Of an event's data.
    NOT_AN_EVENT = "not_an_event"
    WRONG_TYPE = "wrong_type"
    INVALID_READING = "invalid_reading"
    INVALID_TIME = "invalid_time"
    TOO_LATE = "too_late"

    # Of the world: the operation that failed.
    KAFKA = "kafka"
    OVERLOADED = "overloaded"
    FETCH_KEYS = "fetch_keys"
    DATABASE = "database"
    KEEP_READINGS = "keep_readings"
    KEEP_ALERTS = "keep_alerts"
    KEEP_DEAD_LETTER = "keep_dead_letter"
    READ_DEAD_LETTERS = "read_dead_letters"
    MARK_REDRIVEN = "mark_redriven"
    ENQUEUE_NOTICES = "enqueue_notices"
    SEND_NOTICES = "send_notices"
    NOTE_LATE_WINDOWS = "note_late_windows"
    REFRESH = "refresh"

    # What a dead letter says where the function named no reason.
    NO_RESPONSE = "no_response"
    HTTP_500 = "http_500"
    HTTP_502 = "http_502"
    HTTP_503 = "http_503"
    HTTP_504 = "http_504"
    UNKNOWN = "unknown"
    OTHER = "other"  # as a label: any reason that is not of this set

    @classmethod
    def label_of(cls, word: str) -> "Reason":
        """Return the metric label for a reason that came from outside; OTHER for a foreign one."""
        try:
            return cls(word)
        except ValueError:
            return cls.OTHER


class PermanentError(Exception):
    """The data is at fault: never retry, store it as a dead letter (422).

    `detail` is a sentence for people, `field` the path of the offending field, empty where it is
    the whole.
    """

    def __init__(self, reason: Reason, detail: str, field: str = "") -> None:
        super().__init__(f"{field}: {detail}" if field else detail)
        self.reason = reason
        self.detail = detail
        self.field = field


class TemporaryError(Exception):
    """The world is at fault: the same event may succeed later (503 and Retry-After).

    `operation` names what failed, in a word of `Reason`; `detail` says how.
    """

    def __init__(self, operation: str, detail: str) -> None:
        super().__init__(f"{operation}: {detail}")
        self.operation = operation
        self.detail = detail
