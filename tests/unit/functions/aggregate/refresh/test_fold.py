"""The readings of a pair that are known, and what is stored of them."""

from functions.aggregate.refresh.fold import Fold


def test_a_reading_is_in_it_once() -> None:
    fold = Fold({"x": 0})

    fold.add("1", (("x", 2.5),))
    fold.add_all({"1": (("x", 2.5),), "2": (("x", 3.5), ("y", 1.0))})

    assert [(sensor, list(values), count) for sensor, values, count in fold.grown()] == [
        ("x", [2.5, 3.5], 0)
    ]


def test_a_sensor_grows_only_where_its_view_is_known() -> None:
    fold = Fold({"x": 1, "z": 4})
    fold.add_all({"1": (("x", 2.5), ("y", 1.0))})

    assert list(fold.grown()) == []
    fold.know_all_sensors()
    assert [sensor for sensor, _, _ in fold.grown()] == ["y"]


def test_what_is_stored_no_longer_grows() -> None:
    fold = Fold({"x": 0})
    fold.add("1", (("x", 2.5),))

    assert not fold.is_of_a_view
    fold.is_stored()

    assert (fold.counts, list(fold.grown()), fold.is_of_a_view) == ({"x": 1}, [], True)
