"""Open or closed: the verifier that the settings ask for, or none; and how that is said."""

from pathlib import Path
from typing import TYPE_CHECKING, Final

from shared.settings import AuthSettings, SettingsError

if TYPE_CHECKING:
    from shared.auth.verifier import Verifier

OPEN: Final = "open"
CLOSED: Final = "closed"


def verifier_of(settings: AuthSettings) -> "Verifier | None":
    """Return the verifier; None where the system is open. Raise SettingsError for wrong files."""
    return verifier_on(Path(settings.auth_file), "AUTH_FILE") if settings.auth_file else None


def verifier_on(file: Path, setting: str) -> "Verifier":
    """Return the verifier on a file. Raise SettingsError, by the setting, if it is wrong."""
    # Not at the top: an open system does not pay 0.15 s of its cold start for what it does not use.
    from shared.auth.issuers import AuthFileError  # noqa: PLC0415
    from shared.auth.verifier import Verifier  # noqa: PLC0415

    try:
        return Verifier(file)
    except AuthFileError as error:
        raise SettingsError(f"{setting}={str(file)!r}: {error}") from None
