"""The file of targets that docs/notifications.md shows is a right one."""

import re

from functions.alert.notify.targets.file import targets_of
from tests.support.notices import SECRET
from tests.support.pages import text_of


def test_each_file_that_the_page_shows_is_read() -> None:
    (shown,) = re.findall(r"```yaml\n(.*?)```", text_of("docs/notifications.md"), re.DOTALL)

    targets = targets_of(shown, "notify.yaml", {"ONCALL_WEBHOOK_SECRET": SECRET}).targets

    assert [target.name for target in targets] == ["oncall", "team"]
