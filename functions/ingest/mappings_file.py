"""Reads the files of mappings: the one that is shipped, and the one of INGEST_MAPPINGS_FILE."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from functions.ingest.dialects.mapping import JsonMapping, mappings_in
from shared.settings import SettingsError

_SHIPPED: Final = Path(__file__).parent / "dialects" / "mappings.json"


def mappings_of(file: str) -> Mapping[str, JsonMapping]:
    """Return the shipped mappings and those of `file`, where it is not empty; its own go first.

    Raise SettingsError where the file cannot be read, or is wrong.
    """
    shipped = mappings_in(_SHIPPED.read_bytes())
    if not file:
        return shipped
    try:
        return {**shipped, **mappings_in(Path(file).read_bytes())}
    except (OSError, ValueError) as error:
        raise SettingsError(f"INGEST_MAPPINGS_FILE={file!r}: {error}") from error
