"""The fold gives what a second, slow way gives that shares no code with it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.alerts.rules.rule import Kind
from shared.alerts.timeline.fold import run
from shared.alerts.timeline.track import START
from tests.support.alert_oracle import episodes_by_the_second, essence
from tests.support.alert_schedules import KINDS, schedules
from tests.support.readings import QUICK


@pytest.mark.parametrize("kind", KINDS)
@QUICK
@given(data=st.data())
def test_the_fold_gives_what_the_table_says_second_by_second(kind: Kind, data: Any) -> None:
    history, samples, bound = data.draw(schedules(kind))

    found = run(history, START, samples, bound).episodes

    assert [essence(one) for one in found] == episodes_by_the_second(history, samples, bound)
