"""A probe of a function's health, as a process of its own: prints the milliseconds of each.

    python -m tests.volume.health_probe URL

The socket is plain, so that the probe itself takes next to no time. No response is no line: the
function is away, which is not what is measured here.
"""

import http.client
import signal
import sys
import time
import urllib.parse
from typing import Final

_EVERY_S: Final = 0.05
_TIMEOUT_S: Final = 30


def main() -> None:
    """Probe until SIGTERM."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    host = urllib.parse.urlsplit(sys.argv[1]).netloc
    connection = http.client.HTTPConnection(host, timeout=_TIMEOUT_S)
    try:
        while True:
            time.sleep(_EVERY_S)
            began = time.perf_counter()
            try:
                connection.request("GET", "/health/ready")
                connection.getresponse().read()
            except (OSError, http.client.HTTPException):
                connection.close()
                continue
            print(f"{(time.perf_counter() - began) * 1000:.1f}")
    finally:
        sys.stdout.flush()


if __name__ == "__main__":
    main()
