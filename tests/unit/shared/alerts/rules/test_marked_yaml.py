"""YAML with the lines of its values, and without what could be read in two ways."""

import pytest

from shared.alerts.rules.marked_yaml import YamlError, read_marked


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: 30", 30),
        ("a: -1.5", -1.5),
        ("a: 1e3", 1000.0),
        ("a: .5", 0.5),
        ("a: 010", 10),  # not eight
        ("a: no", "no"),
        ("a: 12:30", "12:30"),  # not 750
        ("a: 2026-01-31", "2026-01-31"),
        ("a: .nan", ".nan"),
        ("a: '30'", "30"),
        ("a: true", True),
        ("a: null", None),
        ("a:", None),
        ("a: [1, x]", [1, "x"]),
        ("a: {b: 1}", {"b": 1}),
        ("a: " + "9" * 401, "9" * 401),
    ],
)
def test_a_plain_scalar_is_what_yaml_1_2_says(text: str, value: object) -> None:
    assert read_marked(text).content == {"a": value}


def test_a_value_has_the_line_of_its_key_and_what_is_missing_that_of_what_is_around_it() -> None:
    document = read_marked("# first\na:\n  - b: 1\n    c:\n      d: 2\n")

    places: list[tuple[str | int, ...]] = [
        ("a",),
        ("a", 0),
        ("a", 0, "c"),
        ("a", 0, "c", "d"),
        ("a", 0, "c", "x", "y"),
        ("x",),
        (),
    ]
    assert [document.line_of(each) for each in places] == [2, 3, 4, 5, 4, 1, 1]


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("a: 1\nb: 2\na: 3", 3, "the key 'a' is there twice"),
        ("a: 1\n\tb: 2", 2, "a tab character that violates indentation"),
        ("a: [1", 1, "expected ',' or ']'"),
        ("a: &x 1\nb: *x", 1, "anchors and aliases are not read"),
        ("a: &x [*x]", 1, "anchors and aliases are not read"),
        ("a: *x", 1, "anchors and aliases are not read"),
        ("a: !!python/object/apply:os.system [ls]", 1, "the tag .* is not read"),
        ("a: !mine 1", 1, "the tag '!mine' is not read"),
        ("? [a]\n: 1", 1, "a key must be a text"),
        ("a: 1\n---\nb: 2", 2, "a second document begins here"),
        ("a: 1\nb: \x00", 2, r"the character '.x00' is not allowed"),
        ("[" * 250_000, 1, "is nested too deeply"),
    ],
)
def test_what_could_be_misread_is_refused_with_its_line(text: str, line: int, reason: str) -> None:
    with pytest.raises(YamlError, match=reason) as refusal:
        read_marked(text)

    assert refusal.value.line == line


def test_a_text_of_comments_alone_has_no_content() -> None:
    assert read_marked("# nothing\n").content is None
