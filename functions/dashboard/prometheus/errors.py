"""Why a query is not answered, in the words of Prometheus' HTTP API."""

from typing import Literal

ErrorType = Literal["bad_data", "execution", "timeout"]


class QueryError(Exception):
    """A query is wrong, or cannot be evaluated; the message is for who wrote it.

    `bad_data` (400): the query or a parameter is wrong, or asks for what is not supported;
    `execution` (422): it is right, and what it makes of these series is not defined, or too much.
    """

    def __init__(self, error_type: ErrorType, message: str) -> None:
        super().__init__(message)
        self.error_type = error_type


def wrong(message: str) -> QueryError:
    """Return the error of a query or parameter that is wrong."""
    return QueryError("bad_data", message)


def undefined(message: str) -> QueryError:
    """Return the error of what these series make undefined."""
    return QueryError("execution", message)
