"""dlq under the stock command: `functions-framework --target dlq --source
functions/dlq/main.py`.
"""

import os

import functions_framework.aio
from cloudevents.http import CloudEvent

from functions.dlq.__main__ import make
from shared.cli_skin import CliSkin

_SKIN = CliSkin(lambda: make(os.environ))


@functions_framework.aio.cloud_event
async def dlq(event: CloudEvent) -> None:
    await _SKIN.take(event)
