"""The client of one process, and the database as it must be read and written."""

from typing import Final

from pymongo import AsyncMongoClient
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import ConfigurationError
from pymongo.read_concern import ReadConcern
from pymongo.read_preferences import ReadPreference
from pymongo.write_concern import WriteConcern

from shared.mongo.collections import Document
from shared.settings import MongoSettings, SettingsError

Database = AsyncDatabase[Document]
Session = AsyncClientSession
_FORM: Final = (
    "its form is wrong. In a user name or a password, write % as %25, @ as %40, : as %3A, / as %2F"
)


def client_of(settings: MongoSettings) -> AsyncMongoClient[Document]:
    """Return the client: every operation ends after MONGO_TIMEOUT_MS, connections come by use.

    Raise SettingsError where MONGO_URL cannot be used; the URL itself may hold a password.
    """
    try:
        return _client(settings)
    except (ConfigurationError, ValueError) as error:
        has_password = "@" in settings.mongo_url.get_secret_value()
        reason = _FORM if has_password else str(error)
        raise SettingsError(f"MONGO_URL: {reason}") from None
    except OSError as error:  # of tlsCAFile or tlsCertificateKeyFile
        reason = f"{error.strerror}: {error.filename}" if error.filename else str(error)
        raise SettingsError(f"MONGO_URL: a file of its TLS options: {reason}") from None


def _client(settings: MongoSettings) -> AsyncMongoClient[Document]:
    return AsyncMongoClient(
        settings.mongo_url.get_secret_value(),
        appname="iot-telemetry",
        tz_aware=True,
        timeoutMS=settings.mongo_timeout_ms,
        serverSelectionTimeoutMS=settings.mongo_timeout_ms,
        connectTimeoutMS=settings.mongo_timeout_ms,
        serverMonitoringMode="stream",  # pymongo takes K_SERVICE for a FaaS, and would poll
        maxPoolSize=50,
        retryWrites=True,
    )


def majority(client: AsyncMongoClient[Document], name: str) -> Database:
    """Return the database whose reads and writes hold through a failover.

    These are reads and writes of a majority, from the primary.
    """
    return client.get_database(
        name,
        read_concern=ReadConcern("majority"),
        write_concern=WriteConcern("majority"),
        read_preference=ReadPreference.PRIMARY,
    )
