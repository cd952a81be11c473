"""The functions; what is here runs before any of them is imported."""

import sys
from importlib.util import find_spec

# PyMongo imports cryptography for the sake of PyOpenSSL, 50 ms of a cold start, and only then finds
# that PyOpenSSL is not there. We have cryptography for tokens alone: here it is told at once.
sys.modules |= {} if find_spec("OpenSSL") else {"pymongo.pyopenssl_context": None}  # type: ignore[dict-item]  # what makes an import fail
