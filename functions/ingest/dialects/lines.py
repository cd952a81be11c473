"""The lines of a body that are not blank, within limits; pure."""

from typing import Final

from functions.ingest.request_body import MAX_BATCH, OversizedBatch

_MAX_LINE_ENDS: Final = 4 * MAX_BATCH  # of blank lines and \r\n too; each line is an object


def lines_of(body: bytes) -> list[bytes]:
    """Return the lines that are not blank; raise OversizedBatch beyond 5,000 of them."""
    if body.count(b"\n") + body.count(b"\r") > _MAX_LINE_ENDS:
        raise OversizedBatch(f"over {_MAX_LINE_ENDS} line ends; send at most {MAX_BATCH} lines")
    lines = [line for line in body.splitlines() if line.strip()]
    if len(lines) > MAX_BATCH:
        raise OversizedBatch(f"{len(lines)} lines; a batch may have at most {MAX_BATCH}")
    return lines
