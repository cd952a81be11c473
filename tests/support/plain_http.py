"""What HTTP clients of the tests need of TLS: nothing, and they need not load all CAs for it."""

import ssl
from typing import Final

NO_TLS: Final = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # the usual one takes 60 ms for each client
