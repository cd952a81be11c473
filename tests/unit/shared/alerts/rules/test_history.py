"""Which rule holds for a device at which event time, however often rules are published."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.alerts.rules.history import RuleBook, RuleHistory
from shared.alerts.rules.revisions import BEGINNING
from shared.alerts.rules.rule import Kind, Level, Rule
from shared.alerts.rules.rule_set import Override, RuleSet, StatedRule
from tests.support.readings import QUICK

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
DEVICES = ["greenhouse-7", "greenhouse-70", "greenhouse-8", "cellar", "g", "x"]
PATTERNS = ["greenhouse-7", "greenhouse-7*", "greenhouse-*", "g*", "*", "cellar"]


def hot(high: float, rule_id: str = "hot", kind: Kind = "threshold") -> Rule:
    level = Level(name="warning", high=high, clear_high=high, hold=timedelta(minutes=5))
    return Rule(
        rule_id=rule_id, kind=kind, sensor="temperature_c", alert_type=rule_id, levels=(level,)
    )


def stated(
    high: float, *overrides: Override, rule_id: str = "hot", valid_from: datetime | None = None
) -> StatedRule:
    return StatedRule(rule=hot(high, rule_id), valid_from=valid_from, overrides=overrides)


def book_of(*rule_sets: RuleSet) -> RuleBook:
    """Return the book in which these were published from noon on, an hour apart."""
    book = RuleBook()
    for hours, rule_set in enumerate(rule_sets):
        book = book.publish(rule_set, NOON + hours * HOUR)
    return book


def limits(book: RuleBook, device_id: str = "x") -> list[tuple[datetime, float | None]]:
    return [
        (valid_from, None if rule is None else rule.levels[0].high)
        for valid_from, rule in book.histories_for(device_id)["hot"].steps
    ]


def test_the_first_rules_hold_for_all_readings_that_there_are() -> None:
    book = book_of((stated(30),))

    assert book.revision == 1
    assert limits(book) == [(BEGINNING, 30)]
    assert book.histories_for("x")["hot"].at(datetime(2001, 1, 1, tzinfo=UTC)) == Rule(
        rule_id="hot",
        kind="threshold",
        sensor="temperature_c",
        alert_type="hot",
        levels=hot(30).levels,
        version=1,
    )


def test_the_same_rules_again_are_no_new_revision() -> None:
    book = book_of((stated(30),))

    assert book.publish((stated(30),), NOON + HOUR) is book


def test_a_changed_rule_holds_from_when_it_is_published_and_has_the_next_version() -> None:
    book = book_of((stated(30),), (stated(35),))
    history = book.histories_for("x")["hot"]

    before, after = history.at(NOON + HOUR - timedelta.resolution), history.at(NOON + HOUR)

    assert book.revision == 2
    assert before is not None
    assert after is not None
    assert (before.version, before.levels[0].high) == (1, 30)
    assert (after.version, after.levels[0].high) == (2, 35)


def test_an_unchanged_rule_keeps_its_version_when_another_one_changes() -> None:
    other = stated(1, rule_id="other")
    book = book_of((stated(30), other), (stated(35), other))

    versions = {
        rule_id: [rule.version for _, rule in history.steps if rule is not None]
        for rule_id, history in book.histories_for("x").items()
    }

    assert versions == {"hot": [1, 2], "other": [1]}


def test_a_rule_that_states_its_first_day_holds_from_then_on() -> None:
    early = NOON - 24 * HOUR
    book = book_of((stated(30),), (stated(35, valid_from=early),))

    assert limits(book) == [(BEGINNING, 30), (early, 35)]


def test_a_later_revision_decides_what_holds_from_its_time_on() -> None:
    """A change that was announced for tomorrow is taken back by one of today."""
    tomorrow = NOON + 24 * HOUR
    book = book_of((stated(30),), (stated(35, valid_from=tomorrow),), (stated(20),))

    assert limits(book) == [(BEGINNING, 30), (NOON + 2 * HOUR, 20)]


def test_another_first_day_of_the_same_rule_is_a_change() -> None:
    early = NOON - 24 * HOUR
    book = book_of((stated(30),), (stated(35),), (stated(35, valid_from=early),))

    assert book.revision == 3
    assert limits(book) == [(BEGINNING, 30), (early, 35)]


def test_a_first_day_that_is_no_longer_stated_is_no_change() -> None:
    book = book_of((stated(30, valid_from=NOON),))

    assert book.publish((stated(30),), NOON + HOUR) is book


def test_a_removed_rule_ends_when_the_rules_without_it_are_published() -> None:
    book = book_of((stated(30),), ())

    assert limits(book) == [(BEGINNING, 30), (NOON + HOUR, None)]
    assert book.publish((), NOON + 2 * HOUR) is book


def test_a_rule_that_comes_back_goes_on_counting_its_versions() -> None:
    book = book_of((stated(30),), (), (stated(30),))

    assert limits(book) == [(BEGINNING, 30), (NOON + HOUR, None), (NOON + 2 * HOUR, 30)]
    last = book.histories_for("x")["hot"].at(NOON + 3 * HOUR)
    assert last is not None
    assert last.version == 2


def test_a_rule_that_is_new_in_a_later_revision_does_not_judge_what_was_before() -> None:
    book = book_of((stated(1, rule_id="other"),), (stated(1, rule_id="other"), stated(30)))

    assert limits(book) == [(NOON + HOUR, 30)]
    assert book.histories_for("x")["hot"].at(NOON) is None


@pytest.mark.parametrize(
    ("device_id", "limit"),
    [("greenhouse-7", 45), ("greenhouse-70", 40), ("greenhouse-8", 35), ("cellar", 30)],
)
def test_a_device_has_its_own_override_or_that_of_the_longest_prefix(
    device_id: str, limit: float
) -> None:
    book = book_of(
        (
            stated(
                30,
                Override(device="greenhouse-*", rule=hot(35)),
                Override(device="greenhouse-7", rule=hot(45)),
                Override(device="greenhouse-7*", rule=hot(40)),
            ),
        )
    )

    assert limits(book, device_id) == [(BEGINNING, limit)]


def test_a_rule_may_not_hold_for_some_devices() -> None:
    book = book_of((stated(30, Override(device="cellar", rule=None)),))

    assert "hot" not in book.histories_for("cellar")
    assert "hot" in book.histories_for("attic")


def test_a_change_for_some_devices_is_none_for_the_others() -> None:
    """Their alerts need no other version, and no reading of theirs is looked at again."""
    book = book_of((stated(30),), (stated(30, Override(device="cellar", rule=hot(35))),))

    assert limits(book, "cellar") == [(BEGINNING, 30), (NOON + HOUR, 35)]
    assert limits(book, "attic") == [(BEGINNING, 30)]


def test_an_override_that_goes_leaves_the_rule() -> None:
    book = book_of((stated(30, Override(device="cellar", rule=None)),), (stated(30),))

    assert limits(book, "cellar") == [(NOON + HOUR, 30)]


def test_devices_with_the_same_overrides_share_their_histories() -> None:
    book = book_of((stated(30, Override(device="greenhouse-*", rule=hot(35))),))

    assert book.histories_for("greenhouse-1") is book.histories_for("greenhouse-2")
    assert book.histories_for("attic") is book.histories_for("cellar")


@QUICK
@given(
    st.lists(
        st.dictionaries(st.sampled_from(PATTERNS), st.sampled_from([None, 1.0, 2.0])),
        min_size=2,
        max_size=2,
    ),
    st.sampled_from(DEVICES),
)
def test_the_most_specific_pattern_wins_whatever_patterns_other_rules_have(
    overrides: list[dict[str, float | None]], device_id: str
) -> None:
    rule_set = tuple(
        StatedRule(
            rule=hot(30, rule_id),
            overrides=tuple(
                Override(device=device, rule=None if high is None else hot(high, rule_id))
                for device, high in each.items()
            ),
        )
        for rule_id, each in zip(["cold", "hot"], overrides, strict=True)
    )

    histories = book_of(rule_set).histories_for(device_id)

    expected = [_expected(each, device_id) for each in overrides]
    found = [histories.get(rule_id) for rule_id in ("cold", "hot")]
    assert [_limit(each) for each in found] == expected


@pytest.mark.parametrize(
    ("kind", "needed"), [("offline", True), ("stale", False), ("threshold", False)]
)
def test_times_of_receipt_are_needed_for_rules_of_silence_alone(
    kind: Kind, *, needed: bool
) -> None:
    book = book_of((StatedRule(rule=hot(30, kind=kind)),), ())

    assert book.needs_receive_times is needed
    assert book.sees(kind)
    assert book.sensors == {"temperature_c"}


def test_a_rule_of_the_device_is_of_no_sensor() -> None:
    silent = Rule(
        rule_id="silent", kind="offline", alert_type="silent", levels=(Level(name="warning"),)
    )

    assert book_of((StatedRule(rule=silent),)).sensors == frozenset()


def test_what_changed_after_a_revision_is_the_earliest_time_of_its_changes() -> None:
    early = NOON - 24 * HOUR
    book = book_of((stated(30),), (stated(35, valid_from=early),), (stated(40),))

    assert book.changed_after(0) == BEGINNING
    assert book.changed_after(1) == early
    assert book.changed_after(2) == NOON + 2 * HOUR
    assert book.changed_after(3) is None


def test_a_book_is_stored_as_plain_values_and_read_back_as_it_was() -> None:
    override = Override(device="cellar", rule=None)
    book = book_of(
        (stated(30.25, override, valid_from=NOON + timedelta(microseconds=1)),), (stated(1e100),)
    )

    documents = json.loads(json.dumps(book.to_documents()))

    assert [each["_id"] for each in documents] == [1, 2]
    assert RuleBook.from_documents(documents[::-1]).revisions == book.revisions


def test_before_anything_is_published_no_rule_holds() -> None:
    book = RuleBook()

    assert book.revision == 0
    assert book.histories_for("x") == {}
    assert not book.sees("threshold")


def _expected(overrides: dict[str, float | None], device_id: str) -> float | None:
    matching = [
        each
        for each in overrides
        if each == device_id or (each.endswith("*") and device_id.startswith(each[:-1]))
    ]
    best = max(matching, key=lambda each: (each == device_id, len(each)), default=None)
    return 30 if best is None else overrides[best]


def _limit(history: RuleHistory | None) -> float | None:
    rule = None if history is None else history.at(NOON)
    return None if rule is None else rule.levels[0].high
