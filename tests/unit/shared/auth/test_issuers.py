"""What the file of trusted issuers may say; a fault is named by line and field."""

import pytest

from shared.auth.issuers import AuthFileError, read_issuers
from shared.auth.scopes import Scope

GOOD = """\
issuers:
  - name: devices
    issuer: iot-telemetry
    audience: ingest
    keys: devices.jwks
    scopes: [ingest]
  - name: people
    issuer: https://login.example.org/realms/iot
    audience: iot-dashboard
    jwks_url: https://login.example.org/realms/iot/certs
    scopes_from: groups
    scopes_of:
      operators: [read, "alerts:ack"]
revoked: revoked.txt
"""


def fault_of(text: str) -> str:
    with pytest.raises(AuthFileError) as wrong:
        read_issuers(text)
    return str(wrong.value)


def test_a_file_names_issuers_and_what_is_revoked() -> None:
    content = read_issuers(GOOD)

    assert [one.name for one in content.issuers] == ["devices", "people"]
    assert content.issuers[0].scopes == (Scope.INGEST,)
    assert content.issuers[1].scopes_of == {"operators": (Scope.READ, Scope.ALERTS_ACK)}
    assert content.revoked == "revoked.txt"


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("    audience: ingest\n", "", "line 2: issuers.0.audience: Field required"),
        ("scopes: [ingest]", "scopes: [ingest, all]", "line 6: issuers.0.scopes.1: Input should"),
        ("name: people", "name: People!", "line 7: issuers.1.name: String should match"),
        ("name: people", "name: devices", "line 1: : two issuers have the same name"),
        ("keys: devices.jwks", "kyes: devices.jwks", "line 5: issuers.0.kyes: Extra inputs"),
        (
            "    keys: devices.jwks\n",
            "",
            "line 2: issuers.0: give either keys (a file) or jwks_url",
        ),
        ("    scopes: [ingest]\n", "", "line 2: issuers.0: give either scopes, or scopes_from"),
        ("    scopes_from: groups\n", "", "line 7: issuers.1: scopes_from (a claim) and scopes_of"),
        ("jwks_url: https", "jwks_url: http", "line 10: issuers.1.jwks_url: must be an https://"),
        ("jwks_url: https://login", "jwks_url: https:///x", "must be an https://"),
        ("keys: devices", "devices: [a b]\n    keys: devices", "line 5: issuers.0.devices.0: "),
        (
            "operators:",
            "7:",
            "line 13: issuers.1.scopes_of.7.[key]: Input should be a valid string",
        ),
        ("revoked: revoked.txt", "revoked: [", "is no YAML"),
        ("revoked: revoked.txt", "revoked: @x", "line 14: is no YAML: found character"),
        ("revoked: revoked.txt", "revoked: !!python/object:x.y {}", "line 14: is no YAML"),
        ("revoked: revoked.txt", "revoked: \x00", "is no YAML"),
        ("revoked: revoked.txt", "revoked: 2026-13-41", "is no YAML: month must be in 1..12"),
    ],
)
def test_a_fault_is_named_by_line_and_field(old: str, new: str, fault: str) -> None:
    assert fault in fault_of(GOOD.replace(old, new, 1))


@pytest.mark.parametrize("text", ["", "issuers: []", "[]", "7", "issuers: 7", "issuers: {0: 1}"])
def test_a_file_without_issuers_is_refused(text: str) -> None:
    assert fault_of(text).startswith("line 1: ")


def test_all_faults_are_named_at_once() -> None:
    wrong = GOOD.replace("audience: ingest", "audience: ''").replace("[ingest]", "[x]")

    assert "line 4: issuers.0.audience" in fault_of(wrong)
    assert "line 6: issuers.0.scopes.0" in fault_of(wrong)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]"])
def test_on_this_machine_keys_may_come_without_encryption(host: str) -> None:
    text = GOOD.replace("https://login.example.org/realms/iot/certs", f"http://{host}:8080/certs")

    assert read_issuers(text).issuers[1].jwks_url == f"http://{host}:8080/certs"
