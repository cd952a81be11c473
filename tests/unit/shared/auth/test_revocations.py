"""The list of what is revoked."""

import pytest

from shared.auth.issuers import AuthFileError
from shared.auth.revocations import read_revocations

LIST = """\
# lost in the field
t-17
t-18   # and this one

greenhouse-* <= 2026-09-21T14:13:20Z
greenhouse-* <= 2026-09-01T00:00:00Z
barn<=2026-09-21T16:13:20+02:00
"""


def test_a_line_is_a_token_id_or_devices_up_to_a_time() -> None:
    revoked = read_revocations(LIST)

    assert revoked.token_ids == {"t-17", "t-18"}
    assert revoked.devices == {"greenhouse-*": 1_790_000_000.0, "barn": 1_790_000_000.0}
    assert set(revoked.devices_of(1_790_000_000.0).patterns) == {"greenhouse-*", "barn"}
    assert revoked.devices_of(1_790_000_000.5).patterns == ()


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("t-17 t-18", "line 2: must be a token id, or DEVICES <= TIME"),
        ("a b <= 2026-09-21T14:13:20Z", "line 2: 'a b' is no device id"),
        ("<= 2026-09-21T14:13:20Z", "line 2: '' is no device id"),
        ("barn <= yesterday", "line 2: must be an RFC 3339 time"),
    ],
)
def test_a_line_that_is_neither_is_named(line: str, fault: str) -> None:
    with pytest.raises(AuthFileError, match=f"^{fault.replace('*', '.')}"):
        read_revocations(f"t-1\n{line}\n")


def test_an_empty_list_revokes_nothing() -> None:
    assert read_revocations("").devices_of(0.0).patterns == ()
