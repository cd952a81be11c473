"""What the public reads of a dead letter: nothing that names an address inside the cluster; pure.

Error data quote drivers ("mongo-0.mongo...:27017: connection refused"), destinations are URLs of
services, and the headers of a record that is not ours can hold anything.
"""

from typing import Final

from shared.mongo.collections import Document

_ATTRIBUTES: Final = frozenset(
    {"specversion", "id", "source", "type", "subject", "time", "datacontenttype"}
    | {"partitionkey", "knativekafkapartition", "knativekafkaoffset"}
)
_DETAILS: Final = frozenset({"error_data", "destination"})


def without_details(letter: Document) -> Document:
    """Return the stored dead letter with what its reason, code and stage are enough for."""
    public = {name: value for name, value in letter.items() if name not in _DETAILS}
    attributes = letter.get("attributes", {})
    public["attributes"] = {k: v for k, v in attributes.items() if k in _ATTRIBUTES}
    return public
