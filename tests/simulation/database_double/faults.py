"""How often what goes wrong between a client and the database: shares of all operations."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Faults:
    """Nothing goes wrong where all are 0 and None."""

    pauses: float = 0.0  # the client rests for long before it sends a write
    not_sent: float = 0.0  # the request is lost: nothing was done
    answer_lost: float = 0.0  # it was done, and the client does not learn it
    gives_up: float = 0.0  # the client gives up waiting; the server goes on with it
    scan_rests: float = 0.0  # after a document of a scan, the server lets others go first
    write_rests: float = 0.0  # before one write of several, or between match and insert
    meets_another: float = 0.0  # between match and insert, another inserts the same
    most_examined: int | None = None  # what examines more documents in one operation, fails
    is_slow: float = 0.0  # the server takes a long time over a write: others come between


NONE = Faults()
