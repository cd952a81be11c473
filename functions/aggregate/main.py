"""aggregate under the stock command: `functions-framework --target aggregate --source
functions/aggregate/main.py`.
"""

import os

import functions_framework.aio
from cloudevents.http import CloudEvent

from functions.aggregate.__main__ import make
from shared.cli_skin import CliSkin

_SKIN = CliSkin(lambda: make(os.environ))


@functions_framework.aio.cloud_event
async def aggregate(event: CloudEvent) -> None:
    await _SKIN.take(event)
