import pytest

from functions.dashboard.live.events import LiveEvent, refetch, resumed, told
from functions.dashboard.live.interest import Change, Interest, Kind
from functions.dashboard.live.position import Position

AT = Position(10, 1)
EVENTS = [
    LiveEvent(Kind.DEVICE, "a", '{"n":1}'),
    LiveEvent(Kind.ALERT, "b", '{"n":2}'),
    LiveEvent(Kind.DEAD_LETTER, None, '{"n":3}'),
]


def test_a_client_is_told_what_it_wants_and_then_where_it_is() -> None:
    text = told(EVENTS, Interest(frozenset({Kind.DEVICE, Kind.ALERT})), AT)

    assert text == (b'event: device\ndata: {"n":1}\n\nevent: alert\ndata: {"n":2}\n\nid: 10.1\n\n')


def test_of_one_device_there_are_its_events_and_those_of_no_device() -> None:
    text = told(EVENTS, Interest(frozenset(Kind), frozenset({"b"})), AT)

    assert text.count(b"event:") == 2
    assert b'{"n":1}' not in text


def test_of_nothing_nothing_is_sent() -> None:
    assert told(EVENTS, Interest(frozenset({Kind.WINDOW})), AT) == b""


@pytest.mark.parametrize(("made", "name"), [(refetch, b"refetch"), (resumed, b"resumed")])
def test_what_is_told_of_the_position_itself_has_it_as_its_id(made: object, name: bytes) -> None:
    assert callable(made)
    text = made(AT)

    assert text.startswith(b"event: " + name + b"\nid: 10.1\ndata: {")
    assert text.endswith(b"}\n\n")


@pytest.mark.parametrize(
    ("change", "device_id"),
    [
        (Change(Kind.DEVICE, "a:1"), "a:1"),
        (Change(Kind.WINDOW, "a/lux/60s/2026-01-31T12:00:00Z"), "a"),
        (Change(Kind.ALERT, "0/temperature_c_high"), None),
        (Change(Kind.DEAD_LETTER, "telemetry.dlq/0/1"), None),
    ],
)
def test_the_id_of_a_device_or_window_says_whose_it_is(
    change: Change, device_id: str | None
) -> None:
    assert change.device_id == device_id


def test_what_changed_is_left_out_where_its_id_says_that_nobody_wants_it() -> None:
    changes = [Change(Kind.DEVICE, "a"), Change(Kind.DEVICE, "b"), Change(Kind.ALERT, "x")]

    wanted = list(Interest(frozenset(Kind), frozenset({"a"})).among(changes))

    assert wanted == [changes[0], changes[2]]
