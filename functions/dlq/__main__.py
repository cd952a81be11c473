"""The dlq function as a process: `python -m functions.dlq`. Chooses the real database."""

import os
from collections.abc import Mapping

from functions.dlq.function import MAX_BODY, Dlq
from shared.mongo import Mongo
from shared.serving import Shell, answering, serve
from shared.settings import MongoSettings, read


def make(environment: Mapping[str, str]) -> Dlq:
    return Dlq(Mongo(read(MongoSettings, environment)))


def application() -> Shell:
    function = make(os.environ)
    return Shell(function, answering(function, MAX_BODY))


if __name__ == "__main__":
    serve(application)
