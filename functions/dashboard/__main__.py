"""The dashboard function as a process: `python -m functions.dashboard`. Chooses the real
database.
"""

import os
from collections.abc import Mapping

from functions.dashboard.application import Dashboard
from shared.mongo import Mongo
from shared.serving import Shell, serve
from shared.settings import AggregateSettings, MongoSettings, read


def make(environment: Mapping[str, str]) -> Dashboard:
    mongo = Mongo(read(MongoSettings, environment))
    return Dashboard(mongo, read(AggregateSettings, environment).aggregate_window_seconds)


def application() -> Shell:
    function = make(os.environ)
    return Shell(function, function.application)


if __name__ == "__main__":
    serve(application)
