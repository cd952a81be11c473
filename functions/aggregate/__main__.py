"""The aggregate function as a process: `python -m functions.aggregate`. Chooses the real
database.
"""

import os
from collections.abc import Mapping

from functions.aggregate.function import Aggregate
from shared.mongo import Mongo
from shared.serving import Shell, answering, serve
from shared.settings import AggregateSettings, MongoSettings, read


def make(environment: Mapping[str, str]) -> Aggregate:
    mongo = Mongo(read(MongoSettings, environment))
    return Aggregate(mongo, read(AggregateSettings, environment))


def application() -> Shell:
    function = make(os.environ)
    return Shell(function, answering(function))


if __name__ == "__main__":
    serve(application)
