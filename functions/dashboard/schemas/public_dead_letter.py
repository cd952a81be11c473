"""What the public reads of a dead letter: nothing that names an address inside the cluster; pure.

Error data quote drivers ("mongo-0.mongo...:27017: connection refused"), destinations are URLs of
services. KafkaSource reports both as attributes of the event, too.
"""

from typing import Final

from shared.mongo.collections import Document

_FIELDS: Final = frozenset({"error_data", "destination"})
_ATTRIBUTES: Final = frozenset({"knativeerrordata", "knativeerrordest"})


def without_details(letter: Document) -> Document:
    """Return the stored dead letter without them; stage, reason and code say what happened."""
    public = _without(_FIELDS, letter)
    return {**public, "attributes": _without(_ATTRIBUTES, letter.get("attributes", {}))}


def _without(names: frozenset[str], document: Document) -> Document:
    return {name: value for name, value in document.items() if name not in names}
