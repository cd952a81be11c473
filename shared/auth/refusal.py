"""Why a token is not trusted: known here, and not told to the caller."""

from enum import StrEnum


class Refusal(StrEnum):
    """Why a token is not trusted: for the metric and the log, never for the caller."""

    MALFORMED = "malformed"
    UNKNOWN_ISSUER = "unknown_issuer"
    UNKNOWN_KEY = "unknown_key"
    WRONG_ALGORITHM = "wrong_algorithm"
    WRONG_SIGNATURE = "wrong_signature"
    WRONG_CLAIM = "wrong_claim"
    EXPIRED = "expired"
    NOT_YET_VALID = "not_yet_valid"
    REVOKED = "revoked"
    MISSING = "missing"


class NotTrusted(Exception):  # noqa: N818 - an outcome, not a fault of ours
    """The token proves nothing; a caller is told no more than that."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.value)
        self.refusal = refusal
