"""A bundle has all that its timeline is made of."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from shared.alerts.bundle import Bundle, bundle_of, replayed
from shared.alerts.rules.rule import Kind
from shared.alerts.timeline.fold import run
from shared.alerts.timeline.track import START
from tests.support.alert_examples import TOO_WARM, held, readings, rule
from tests.support.alert_oracle import at
from tests.support.alert_schedules import KINDS, schedules
from tests.support.readings import QUICK


@pytest.mark.parametrize("kind", KINDS)
@QUICK
@given(data=st.data())
def test_a_bundle_that_was_json_is_folded_to_itself(kind: Kind, data: Any) -> None:
    history, samples, bound = data.draw(schedules(kind))
    bundle = bundle_of("d", history, samples, bound)

    read = Bundle.model_validate_json(bundle.model_dump_json())

    assert replayed(read) == bundle


def test_a_bundle_may_begin_with_a_checkpoint() -> None:
    history, samples = held(rule(TOO_WARM)), readings((0, 51), (1, 52), (2, 40))
    start = run(history, START, samples[:1], None).track

    bundle = bundle_of("d", history, samples[1:], at(9), start)

    assert bundle.episodes == run(history, START, samples, at(9)).episodes
    assert replayed(bundle) == bundle


def test_a_field_that_no_bundle_has_is_refused() -> None:
    bundle = bundle_of("d", held(rule(TOO_WARM)), [], None)

    with pytest.raises(ValidationError, match="Extra inputs"):
        Bundle.model_validate({**bundle.model_dump(), "colour": "red"})
