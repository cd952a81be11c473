"""The parameters of a request's query; pure."""

from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import parse_qs

from functions.ingest.request_body import MalformedBody

_MOST: Final = 20


def parameters_in(query: bytes) -> Mapping[str, Sequence[str]]:
    """Return the values of each parameter. Raise MalformedBody for more than any client sends."""
    try:
        return parse_qs(query.decode("latin-1"), max_num_fields=_MOST)
    except ValueError as error:
        raise MalformedBody(f"over {_MOST} parameters in the query") from error
