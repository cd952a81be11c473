"""Signatures of webhooks: held against the `standardwebhooks` package, as a receiver uses it."""

import base64
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

from functions.alert.notify.targets.signature import key_of, signed_headers
from tests.support.notices import ANOTHER_SECRET, SECRET


def test_the_example_of_the_specification_has_its_signature() -> None:
    """Of the test vectors that the implementations of Standard Webhooks share."""
    key = key_of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    at = datetime.fromtimestamp(1_614_265_330, UTC)

    headers = dict(
        signed_headers("msg_p5jXN8AQM9LWM0D4loKWxJek", at, b'{"test": 2432232314}', [key])
    )

    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


@given(
    st.binary(min_size=24, max_size=64),
    st.text(alphabet="abcdef0123456789_-", min_size=1),
    st.text(),
)
def test_a_receiver_verifies_what_is_signed(key: bytes, message_id: str, text: str) -> None:
    secret = "whsec_" + base64.b64encode(key).decode()
    now = datetime.now(UTC)

    headers = dict(signed_headers(message_id, now, text.encode(errors="ignore"), [key_of(secret)]))

    Webhook(secret).verify(text.encode(errors="ignore"), headers, json_parse=False)


@pytest.mark.parametrize("known", [SECRET, ANOTHER_SECRET])
def test_while_keys_rotate_a_receiver_verifies_with_either(known: str) -> None:
    keys = [key_of(SECRET), key_of(ANOTHER_SECRET)]

    headers = dict(signed_headers("m1", datetime.now(UTC), b"{}", keys))

    Webhook(known).verify(b"{}", headers)


def test_a_receiver_refuses_another_body_another_key_and_an_old_attempt() -> None:
    now = datetime.now(UTC)
    headers = dict(signed_headers("m1", now, b"{}", [key_of(SECRET)]))
    old = dict(signed_headers("m1", now - timedelta(minutes=6), b"{}", [key_of(SECRET)]))

    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(b"[]", headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(ANOTHER_SECRET).verify(b"{}", headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(b"{}", old)


def test_a_secret_may_be_written_without_its_padding() -> None:
    padded = "whsec_" + base64.b64encode(b"x" * 25).decode()

    assert key_of(padded.rstrip("=")) == key_of(padded) == b"x" * 25


@pytest.mark.parametrize(
    ("secret", "reason"),
    [
        ("c2VjcmV0", "must begin with whsec_"),
        ("whsec_not base64!", "must be whsec_ and Base64"),
        ("whsec_A", "must be whsec_ and Base64"),
        ("whsec_c2hvcnQ=", "must hold 24 to 64 bytes, in Base64"),
        ("whsec_" + base64.b64encode(b"x" * 65).decode(), "must hold 24 to 64 bytes, in Base64"),
    ],
)
def test_a_secret_that_is_none_is_refused(secret: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        key_of(secret)
