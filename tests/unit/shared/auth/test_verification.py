"""Which tokens prove who calls, and which prove nothing."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.auth.decoy import Decoy
from shared.auth.issuers import Issuer
from shared.auth.keys import KeySet, read_key_file
from shared.auth.principal import Principal
from shared.auth.refusal import NotTrusted, Refusal
from shared.auth.revocations import Revocations, read_revocations
from shared.auth.scopes import Scope
from shared.auth.verification import (
    LEEWAY_S,
    MAX_TOKEN,
    KeyNotHere,
    Trust,
    TrustedIssuer,
    verified,
)
from tests.support.credentials import (
    ALGORITHMS,
    AUDIENCE,
    HOUR,
    ISSUER,
    T0,
    SigningKey,
    base64url,
    key_set,
    signed_with_public_key,
    unsigned,
)

KEY = SigningKey("k1")
OTHER = SigningKey("k2")
DECOY = Decoy(["EdDSA"])
DAY = "2026-09-21T14:13:20Z"  # T0


def trust_in(*keys: SigningKey, revoked: str = "", **issuer: Any) -> Trust:
    """Trust one issuer with these keys, the first one if there is none."""
    entry = {
        "name": "devices",
        "issuer": ISSUER,
        "audience": AUDIENCE,
        "keys": "devices.jwks",
        "scopes": ["ingest"],
        **issuer,
    }
    model = Issuer.model_validate({name: v for name, v in entry.items() if v is not None})
    known = read_key_file(key_set(*(keys or (KEY,))))
    return Trust([TrustedIssuer(model, known)], read_revocations(revoked), DECOY)


def refusal_of(token: str, trust: Trust, now: float = T0) -> Refusal:
    with pytest.raises(NotTrusted) as refused:
        verified(token, trust, now)
    return refused.value.refusal


def proved(trust: Trust | None = None, **claims: Any) -> Principal:
    return verified(KEY.token(**claims), trust or trust_in(), T0)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_token_of_a_trusted_key_proves_who_calls(algorithm: str) -> None:
    key = SigningKey("k1", algorithm)

    principal = verified(key.token(sub="gateway-3", dev=["greenhouse-*"]), trust_in(key), T0)

    assert (principal.issuer, principal.subject) == ("devices", "gateway-3")
    assert principal.scopes == {Scope.INGEST}
    assert principal.devices.patterns == ("greenhouse-*",)
    assert (principal.token_id, principal.issued_at) == ("t-1", T0)
    assert principal.expires_at == T0 + HOUR


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_token_with_another_signature_proves_nothing(algorithm: str) -> None:
    key, forger = SigningKey("k1", algorithm), SigningKey("k1", "ES256")
    forged = key.token().rpartition(".")[0] + "." + forger.token().rpartition(".")[2]

    assert refusal_of(forged, trust_in(key)) == Refusal.WRONG_SIGNATURE


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("length", [0, 1, 32, 63, 64, 65, 256, 1000])
def test_a_signature_of_any_length_is_only_wrong(algorithm: str, length: int) -> None:
    key = SigningKey("k1", algorithm)
    token = unsigned({"alg": algorithm, "kid": "k1"}, b"s" * length)

    assert refusal_of(token, trust_in(key)) == Refusal.WRONG_SIGNATURE


def test_two_keys_live_at_once() -> None:
    trust = trust_in(KEY, OTHER)

    assert [verified(key.token(sub="d"), trust, T0).subject for key in (KEY, OTHER)] == ["d", "d"]


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "", None, "HS256", "RS256"])
def test_a_token_does_not_choose_its_algorithm(algorithm: str | None) -> None:
    token = unsigned({"alg": algorithm, "kid": "k1"})

    assert refusal_of(token, trust_in()) == Refusal.WRONG_ALGORITHM


def test_a_token_without_a_signature_proves_nothing() -> None:
    token = unsigned({"alg": "EdDSA", "kid": "k1"})

    assert refusal_of(token, trust_in()) == Refusal.WRONG_SIGNATURE


def test_a_public_key_is_no_secret() -> None:
    """Key confusion: HS256, with the public key's bytes as the secret."""
    assert refusal_of(signed_with_public_key(KEY), trust_in()) == Refusal.WRONG_ALGORITHM


def test_a_critical_extension_that_nobody_here_knows_is_refused() -> None:
    token = KEY.token({"crit": ["b64"], "b64": True})

    assert refusal_of(token, trust_in()) == Refusal.WRONG_ALGORITHM


def test_a_key_that_is_not_the_issuers_is_unknown() -> None:
    assert refusal_of(OTHER.token(), trust_in()) == Refusal.UNKNOWN_KEY


def test_a_token_without_key_id_is_of_the_only_key() -> None:
    token = KEY.token({"kid": None})

    assert verified(token, trust_in(), T0).token_id == "t-1"
    assert refusal_of(token, trust_in(KEY, OTHER)) == Refusal.UNKNOWN_KEY


def test_the_key_of_one_issuer_does_not_sign_for_another() -> None:
    one, other = trust_in(KEY, name="one"), trust_in(OTHER, name="two", issuer="two")
    both = Trust([*one.issuers, *other.issuers], Revocations(), DECOY)

    assert refusal_of(KEY.token(iss="two"), both) == Refusal.UNKNOWN_KEY
    assert verified(OTHER.token(iss="two"), both, T0).issuer == "two"


@pytest.mark.parametrize(
    ("claims", "refusal"),
    [
        ({"iss": "somebody"}, Refusal.UNKNOWN_ISSUER),
        ({"iss": None}, Refusal.UNKNOWN_ISSUER),
        ({"aud": "another-system"}, Refusal.UNKNOWN_ISSUER),
        ({"aud": ["another-system"]}, Refusal.UNKNOWN_ISSUER),
        ({"aud": None}, Refusal.UNKNOWN_ISSUER),
        ({"exp": None}, Refusal.WRONG_CLAIM),
        ({"exp": "2030"}, Refusal.WRONG_CLAIM),
        ({"exp": True}, Refusal.WRONG_CLAIM),
        ({"exp": float("nan")}, Refusal.WRONG_CLAIM),
        ({"exp": 10**400}, Refusal.WRONG_CLAIM),
        ({"exp": T0 - LEEWAY_S}, Refusal.EXPIRED),
        ({"nbf": T0 + LEEWAY_S + 1}, Refusal.NOT_YET_VALID),
        ({"iat": T0 + LEEWAY_S + 1}, Refusal.NOT_YET_VALID),
        ({"dev": ["a b"]}, Refusal.WRONG_CLAIM),
        ({"dev": [7]}, Refusal.WRONG_CLAIM),
        ({"dev": {"a": 1}}, Refusal.WRONG_CLAIM),
        ({"dev": ["d"] * 1001}, Refusal.WRONG_CLAIM),
    ],
)
def test_a_wrong_claim_proves_nothing(claims: dict[str, Any], refusal: Refusal) -> None:
    assert refusal_of(KEY.token(**claims), trust_in()) == refusal


@pytest.mark.parametrize("claims", [{"exp": T0 - LEEWAY_S + 1}, {"nbf": T0 + LEEWAY_S}])
def test_clocks_may_be_off_by_a_minute(claims: dict[str, Any]) -> None:
    assert proved(**claims).token_id == "t-1"


def test_an_audience_among_several_counts() -> None:
    assert proved(aud=["another-system", AUDIENCE]).issuer == "devices"


@pytest.mark.parametrize(
    "token",
    [
        "",
        ".",
        "..",
        "a.b.c",
        "a.b",
        "abc",
        "é.é.é",
        f"{'x' * MAX_TOKEN}.y.z",
        "W10.W10.",  # []
        "bnVsbA.bnVsbA.",
        "eyJhIjox.eyJhIjox.",
    ],
)
def test_what_is_no_token_proves_nothing(token: str) -> None:
    assert refusal_of(token, trust_in()) == Refusal.MALFORMED


def test_a_token_of_eight_kilobytes_is_read_and_a_longer_one_is_not() -> None:
    long = KEY.token(groups=["g" * 5700])
    longer = KEY.token(groups=["g" * 6400])

    assert 7_500 < len(long) <= MAX_TOKEN < len(longer)
    assert verified(long, trust_in(), T0).issuer == "devices"
    assert refusal_of(longer, trust_in()) == Refusal.MALFORMED


def test_nesting_without_end_is_no_token() -> None:
    deep = base64url(b"[" * 5_000)

    assert refusal_of(f"{deep}..", trust_in()) == Refusal.MALFORMED


@given(st.text(max_size=300) | st.binary(max_size=300).map(lambda raw: raw.decode("latin-1")))
def test_no_text_is_more_than_refused(text: str) -> None:
    with pytest.raises(NotTrusted):
        verified(text, trust_in(), T0)


@given(
    st.dictionaries(
        st.sampled_from(["iss", "aud", "exp", "nbf", "iat", "sub", "dev", "scope"]),
        st.none() | st.booleans() | st.floats() | st.text() | st.lists(st.text()),
    )
)
def test_a_signed_token_of_any_claims_proves_a_caller_or_nothing(claims: dict[str, Any]) -> None:
    token = KEY.token(**claims)

    assert scopes_of(token) <= {Scope.INGEST}


def scopes_of(token: str) -> frozenset[Scope]:
    try:
        return verified(token, trust_in(), T0).scopes
    except NotTrusted:
        return frozenset()


def test_an_issuer_that_publishes_its_keys_may_have_a_new_one() -> None:
    trust = trust_in(keys=None, jwks_url="https://login.example.org/keys")

    with pytest.raises(KeyNotHere, match="devices"):
        verified(OTHER.token(), trust, T0)


def test_an_issuer_whose_keys_were_never_read_proves_nothing_yet() -> None:
    trust = trust_in(keys=None, jwks_url="https://login.example.org/keys")
    unread = Trust([TrustedIssuer(trust.issuers[0].issuer, None)], Revocations(), DECOY)

    with pytest.raises(KeyNotHere):
        verified(KEY.token(), unread, T0)


class CountingDecoy(Decoy):
    """A decoy that tells how often its work was done."""

    done = 0

    def verify(self) -> None:
        super().verify()
        self.done += 1


@pytest.mark.parametrize(
    "token",
    [
        KEY.token(iss="somebody"),
        OTHER.token(),
        unsigned({"alg": "none", "kid": "k1"}),
    ],
    ids=["unknown issuer", "unknown key", "another algorithm"],
)
def test_a_refusal_without_a_signature_to_verify_does_as_much_work(token: str) -> None:
    decoy = CountingDecoy(["EdDSA"])
    trust = Trust(trust_in().issuers, Revocations(), decoy)

    refusal_of(token, trust)

    assert decoy.done == 1


@pytest.mark.parametrize("algorithm", [*ALGORITHMS, "none"])
def test_a_decoy_does_the_work_of_any_algorithm(algorithm: str) -> None:
    Decoy([algorithm]).verify()


# Scopes.


def test_a_token_may_do_no_more_than_its_issuer_may_grant() -> None:
    trust = trust_in(scopes=["ingest", "read"])

    assert proved(trust).scopes == {Scope.INGEST, Scope.READ}
    assert proved(trust, scope="read admin rules:write").scopes == {Scope.READ}
    assert proved(trust, scope=["ingest"]).scopes == {Scope.INGEST}
    assert proved(trust, scope="").scopes == set()
    assert proved(trust, scope=7).scopes == set()


def test_groups_of_a_claim_bring_scopes() -> None:
    given_by = {"operators": ["read", "alerts:ack"], "admins": ["admin"]}
    trust = trust_in(scopes=None, scopes_from="groups", scopes_of=given_by)

    assert proved(trust, groups=["operators", "cooks"]).scopes == {Scope.READ, Scope.ALERTS_ACK}
    assert proved(trust, groups=["cooks"], scope="admin").scopes == set()
    assert proved(trust).scopes == set()


def test_an_admin_may_do_all_that_the_dashboard_offers_and_not_post_readings() -> None:
    admin = proved(trust_in(scopes=["admin"]))

    assert admin.scopes == set(Scope) - {Scope.INGEST, Scope.EVENTS}
    assert (admin.may(Scope.READ), admin.may(Scope.INGEST)) == (True, False)


def test_a_subject_must_be_one_of_the_issuers() -> None:
    trust = trust_in(subjects=["system:serviceaccount:iot:*", "boss"])

    assert proved(trust, sub="system:serviceaccount:iot:source").issuer == "devices"
    assert proved(trust, sub="boss").issuer == "devices"
    assert refusal_of(KEY.token(sub="system:serviceaccount:web:x"), trust) == Refusal.WRONG_CLAIM
    assert refusal_of(KEY.token(), trust) == Refusal.WRONG_CLAIM


# Devices.


def test_a_token_is_for_its_devices() -> None:
    caller = proved(dev=["greenhouse-*", "barn"])

    allowed = {one: caller.may_post_for(one) for one in ("greenhouse-1", "barn", "barn-2", "green")}

    assert allowed == {"greenhouse-1": True, "barn": True, "barn-2": False, "green": False}


def test_a_token_without_devices_is_for_none() -> None:
    assert not proved().may_post_for("greenhouse-1")


def test_one_device_may_be_given_as_a_text() -> None:
    assert proved(dev="barn").may_post_for("barn")


def test_all_devices_are_the_issuers_or_an_admins_to_give() -> None:
    assert not proved(dev="*").may_post_for("barn")
    assert proved(trust_in(devices=["*"]), dev="*").may_post_for("barn")
    assert proved(trust_in(scopes=["ingest", "admin"]), dev=["*"]).may_post_for("barn")


def test_an_issuer_is_bound_to_its_devices() -> None:
    caller = proved(trust_in(devices=["greenhouse-*"]), dev=["greenhouse-*", "barn"])

    assert (caller.may_post_for("greenhouse-1"), caller.may_post_for("barn")) == (True, False)


# Revocation.


def test_a_revoked_token_proves_nothing() -> None:
    assert refusal_of(KEY.token(), trust_in(revoked="t-1")) == Refusal.REVOKED
    assert proved(trust_in(revoked="t-2")).token_id == "t-1"


@pytest.mark.parametrize("dev", [["barn"], ["barn-*", "barn"], "barn"])
def test_a_token_of_which_each_device_is_revoked_proves_nothing(dev: object) -> None:
    assert refusal_of(KEY.token(dev=dev), trust_in(revoked=f"barn* <= {DAY}")) == Refusal.REVOKED


def test_a_device_is_revoked_for_tokens_issued_up_to_a_time() -> None:
    trust = trust_in(revoked=f"barn <= {DAY}")

    older, newer = proved(trust, dev="b*"), proved(trust, dev="barn", iat=T0 + 1)

    assert (older.may_post_for("barn"), older.may_post_for("bank")) == (False, True)
    assert newer.may_post_for("barn")


def test_a_token_that_does_not_say_when_it_was_issued_is_older_than_any_revocation() -> None:
    assert refusal_of(KEY.token(dev="barn", iat=None), trust_in(revoked=f"barn <= {DAY}"))


def test_a_key_set_of_several_has_no_key_without_an_id() -> None:
    assert KeySet({}).find(None) is None
