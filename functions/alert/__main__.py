"""The alert function as a process: `python -m functions.alert`. Chooses the real
database.
"""

import os
from collections.abc import Mapping

from functions.alert.function import Alert
from shared.mongo import Mongo
from shared.serving import Shell, answering, serve
from shared.settings import MongoSettings, ThresholdSettings, read


def make(environment: Mapping[str, str]) -> Alert:
    mongo = Mongo(read(MongoSettings, environment))
    return Alert(mongo, read(ThresholdSettings, environment))


def application() -> Shell:
    function = make(os.environ)
    return Shell(function, answering(function))


if __name__ == "__main__":
    serve(application)
