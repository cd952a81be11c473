"""alert under the stock command: `functions-framework --target alert --source
functions/alert/main.py`.
"""

import os

import functions_framework.aio
from cloudevents.http import CloudEvent

from functions.alert.__main__ import make
from shared.cli_skin import CliSkin

_SKIN = CliSkin(lambda: make(os.environ))


@functions_framework.aio.cloud_event
async def alert(event: CloudEvent) -> None:
    await _SKIN.take(event)
