"""The logger of local-dev's HTTP servers, which leaves out the faults of clients."""

from __future__ import annotations

import logging

from aiohttp.http_exceptions import HttpProcessingError

server_log = logging.getLogger(__name__)


def is_a_fault_of_ours(record: logging.LogRecord) -> bool:
    """Return False for broken requests, and for connections that clients drop."""
    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, HttpProcessingError | ConnectionError)


server_log.addFilter(is_a_fault_of_ours)
