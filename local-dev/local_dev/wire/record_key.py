"""The text that a record's key becomes; only records that are no CloudEvent show theirs."""

from __future__ import annotations

import base64
import struct

from local_dev.manifests.eventing import KeyType
from local_dev.wire.java_text import java_double, java_float


def key_text(key: bytes | None, key_type: KeyType) -> str | None:
    """Return the text of `key`, or None where there is none; an empty key counts as none.

    A key whose length does not fit its type is read as a string.
    """
    if not key:
        return None
    if key_type is KeyType.BYTE_ARRAY:
        return base64.b64encode(key).decode("ascii")
    if key_type is KeyType.INT and len(key) == struct.calcsize(">i"):
        return str(struct.unpack(">i", key)[0])
    if key_type is KeyType.FLOAT and len(key) == struct.calcsize(">f"):
        return java_float(key)
    if key_type is KeyType.FLOAT and len(key) == struct.calcsize(">d"):
        return java_double(struct.unpack(">d", key)[0])
    return key.decode("utf-8", "replace")
