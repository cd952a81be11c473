"""The type of a record's key, as a label of the KafkaSource gives it."""

from __future__ import annotations

from enum import Enum


class KeyType(Enum):
    """The label `kafkasources.sources.knative.dev/key-type`."""

    STRING = "string"
    INT = "int"
    FLOAT = "float"
    BYTE_ARRAY = "byte-array"
