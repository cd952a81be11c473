"""What an explanation says of each reading, and of the time between."""

from dataclasses import replace

from shared.alerts.rules.rule import Level, Rule
from shared.alerts.timeline.explain import Step, explain
from shared.alerts.timeline.track import START
from tests.support.alert_examples import (
    LATER,
    MUCH_TOO_WARM,
    TOO_WARM,
    held,
    readings,
    rule,
    seconds,
    versions,
)
from tests.support.alert_oracle import at

SLOW = replace(TOO_WARM, hold=seconds(10), clear_hold=seconds(5))


def steps(said: Rule, *values: tuple[float, float], until: float | None = None) -> list[Step]:
    history = held(said)
    bound = None if until is None else at(until)
    return list(explain(history, START, readings(*values), bound))


def sentences(found: list[Step]) -> list[str]:
    return [sentence for step in found for sentence in step.happened]


def test_a_reading_has_its_zone_and_the_states_before_and_after() -> None:
    (step,) = steps(rule(SLOW, MUCH_TOO_WARM), (0, 52))

    assert (step.cause, step.reading_id, step.value, step.seen) == ("reading", "id0", 52, 52)
    assert step.zones == {"warning": "breach", "critical": "clear"}
    assert step.before == {"warning": "ok", "critical": "ok"}
    assert step.after == {"warning": "pending", "critical": "ok"}


def test_time_that_changes_something_is_a_step_of_its_own() -> None:
    found = steps(rule(SLOW), (0, 52), (12, 52))

    assert [step.cause for step in found] == ["reading", "time", "reading"]
    assert found[1].happened == (
        "warning fires at 2026-01-31T00:00:10.000Z: the breach has lasted for 10s",
    )


def test_each_change_of_a_state_has_its_reason() -> None:
    found = steps(
        rule(replace(SLOW, min_count=2)), (0, 52), (1, 40), (2, 52), (13, 52), (14, 40), (15, 48)
    )
    lasted = "has lasted for 10s and for 2 readings"

    assert sentences(found) == [
        f"warning is pending: 52 is a breach; it fires when that {lasted}",
        "warning is OK: 40 is no breach",
        f"warning is pending: 52 is a breach; it fires when that {lasted}",
        f"warning fires at 2026-01-31T00:00:13.000Z: the breach {lasted}",
        "warning may be over: 40 is clear; it is over when that has lasted for 5s",
        "warning fires on: 48 is not clear",
    ]


def test_what_fires_and_ends_at_once_says_so() -> None:
    assert sentences(steps(rule(TOO_WARM), (0, 52), (1, 40))) == [
        "warning fires at 2026-01-31T00:00:00.000Z: it is a breach",
        "warning is over: 40 is clear",
    ]


def test_what_the_passing_of_time_did_has_its_reason() -> None:
    slow = rule(replace(SLOW, hold=seconds(90)))
    resolving = rule(replace(TOO_WARM, clear_hold=seconds(5)))
    long = rule(replace(TOO_WARM, clear_hold=seconds(90)))

    assert sentences(steps(slow, (0, 52), until=LATER))[1:] == [
        "warning is OK: nothing came for more than 1m"
    ]
    assert sentences(steps(resolving, (0, 52), (1, 40), until=LATER))[2:] == [
        "warning is over: it was clear for 5s"
    ]
    assert sentences(steps(long, (0, 52), (1, 40), until=LATER))[2:] == [
        "warning fires on: nothing came for more than 1m"
    ]


def test_a_rule_of_change_shows_the_change() -> None:
    rise = rule(Level(name="warning", high=2), kind="rate")

    found = steps(rise, (0, 0), (5, 20))

    assert [step.seen for step in found] == [None, 4]
    assert [step.zones for step in found] == [{}, {"warning": "breach"}]


def test_a_rule_of_silence_shows_how_long_it_was_silent() -> None:
    stale = rule(Level(name="warning"), kind="stale", timeout=seconds(10))

    found = steps(stale, (0, 0), (30, 0), until=50)

    assert [step.seen for step in found] == [None, None, 30, None]
    assert sentences(found) == [
        "warning fires: nothing since 2026-01-31T00:00:00.000Z, for more than 10s",
        "warning is over: a reading came",
        "warning fires: nothing since 2026-01-31T00:00:30.000Z, for more than 10s",
    ]


def test_a_new_version_is_explained_by_its_own_levels() -> None:
    history = versions((-1, rule(TOO_WARM, version=1)), (10, rule(MUCH_TOO_WARM, version=2)))

    found = list(explain(history, START, readings((0, 52), (11, 52)), None))

    assert [step.rule_version for step in found] == [1, 2]
    assert found[1].happened == ("warning is over: the rule no longer has it",)


def test_a_rule_that_is_removed_ends_its_levels_in_time() -> None:
    history = versions((-1, rule(TOO_WARM)), (10, None), (20, rule(TOO_WARM, version=2)))

    found = list(explain(history, START, readings((0, 52), (15, 52), (21, 40)), None))

    assert [(step.cause, step.happened) for step in found[1:2]] == [
        ("time", ("warning is over: the rule no longer holds",))
    ]


def test_where_the_rule_says_so_silence_ends_a_level() -> None:
    found = steps(rule(TOO_WARM, resolve_on_silence=True), (0, 52), until=LATER)

    assert sentences(found)[1:] == ["warning is over: nothing came for more than 1m"]
