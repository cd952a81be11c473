"""Where notices go: the file of targets, the sink of Knative, and what is wrong in either."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from functions.alert.notify.targets.alertmanager import Alertmanager
from functions.alert.notify.targets.cloud_events import CloudEventsSink
from functions.alert.notify.targets.settings import Targets, load_targets
from functions.alert.notify.targets.signature import key_of
from functions.alert.notify.targets.webhook import Webhook
from shared.settings import SettingsError
from tests.support.notices import ANOTHER_SECRET, SECRET

SECRETS = {
    "ONCALL": SECRET,
    "ONCALL_OLD": ANOTHER_SECRET,
    "ADDRESS": "https://hooks.example.org/T0/B0",
    "SHORT": "whsec_c2hvcnQ=",
}
WHOLE = """\
allowed_hosts: [hooks.example.org, "*.monitoring"]
wait: 30s
repeat: 1h30m
targets:
  - name: oncall
    type: webhook
    url: https://hooks.example.org/alerts
    secret_env: [ONCALL, ONCALL_OLD]
  - name: team
    type: alertmanager
    url: http://alertmanager.monitoring:9093
    allow_private: true
    labels: {team: garden}
"""


def load(folder: Path, text: str | bytes, more: Mapping[str, str] = SECRETS) -> Targets:
    file = folder / "notify.yaml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return load_targets({"ALERT_TARGETS_FILE": str(file), **more})


def refusal(folder: Path, text: str | bytes) -> str:
    """Return the sentence with which a file is refused, without its folder."""
    with pytest.raises(SettingsError) as refused:
        load(folder, text)
    return str(refused.value).replace(f"{folder}/", "")


def test_by_default_nobody_is_told() -> None:
    assert load_targets({}) == Targets((), timedelta(seconds=10), timedelta(hours=4))


def test_a_file_says_where_notices_go(tmp_path: Path) -> None:
    found = load(tmp_path, WHOLE)

    url, keys = "https://hooks.example.org/alerts", (key_of(SECRET), key_of(ANOTHER_SECRET))
    team = Alertmanager("team", "http://alertmanager.monitoring:9093", {"team": "garden"}, True)
    assert found == Targets(
        (Webhook("oncall", url, keys), team), timedelta(seconds=30), timedelta(minutes=90)
    )


def test_an_address_may_itself_be_a_secret(tmp_path: Path) -> None:
    (target,) = load(
        tmp_path,
        "allowed_hosts: [HOOKS.example.org]\n"
        "targets: [{name: o, type: webhook, url_env: ADDRESS, secret_env: ONCALL}]",
    ).targets

    assert target == Webhook("o", "https://hooks.example.org/T0/B0", (key_of(SECRET),))


def test_a_file_may_say_that_nobody_is_told_again(tmp_path: Path) -> None:
    assert load(tmp_path, "repeat: 0s\nwait: 0s\ntargets: []") == Targets(
        (), timedelta(0), timedelta(0)
    )


def test_the_sink_of_knative_is_a_target_beside_those_of_the_file(tmp_path: Path) -> None:
    sink = {"K_SINK": "http://broker.svc/ns/default/", "K_CE_OVERRIDES": '{"extensions":{"a":"b"}}'}

    alone = load_targets(sink).targets
    both = load(tmp_path, WHOLE, SECRETS | sink).targets

    assert alone == (CloudEventsSink("http://broker.svc/ns/default/", {"a": "b"}),)
    assert [target.name for target in both] == ["k_sink", "oncall", "team"]


@pytest.mark.parametrize("overrides", ["", "{}", '{"extensions": {}}'])
def test_a_sink_may_have_no_extensions(overrides: str) -> None:
    targets = load_targets({"K_SINK": "http://b", "K_CE_OVERRIDES": overrides}).targets

    assert targets == (CloudEventsSink("http://b"),)


@pytest.mark.parametrize(
    ("overrides", "sentence"),
    [
        ("{", "K_CE_OVERRIDES: is no JSON"),
        ("[]", "K_CE_OVERRIDES: must be"),
        ('{"extensions": []}', "K_CE_OVERRIDES: must be"),
        ('{"extensions": {"a": 1}}', "K_CE_OVERRIDES: must be"),
        ('{"extensions": {"A": "1"}}', "K_CE_OVERRIDES: must be"),
        ('{"extensions": {"a-b": "1"}}', "K_CE_OVERRIDES: must be"),
        ('{"extensions": {"é": "1"}}', "K_CE_OVERRIDES: must be"),
    ],
)
def test_extensions_that_are_none_stop_the_start(overrides: str, sentence: str) -> None:
    with pytest.raises(SettingsError, match=sentence):
        load_targets({"K_SINK": "http://b", "K_CE_OVERRIDES": overrides})


def test_a_sink_that_is_no_address_stops_the_start() -> None:
    with pytest.raises(SettingsError, match="K_SINK='broker'"):
        load_targets({"K_SINK": "broker"})


def test_a_file_that_cannot_be_read_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"ALERT_TARGETS_FILE=.*: cannot be read: No such file"):
        load_targets({"ALERT_TARGETS_FILE": str(tmp_path / "none.yaml")})
    assert refusal(tmp_path, b"\xff") == "notify.yaml: is not UTF-8 at byte 0"


def target(**fields: str) -> str:
    """Return a file of one webhook, with these fields instead of, or beside, its own."""
    stated = {
        "name": "oncall",
        "type": "webhook",
        "url": "https://hooks.example.org/x",
        "secret_env": "ONCALL",
    } | fields
    lines = [f"    {name}: {value}" for name, value in stated.items() if value]
    return "\n".join(["allowed_hosts: [hooks.example.org, '*.in']", "targets:", "  -", *lines])


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "notify.yaml:1: is empty; a file without targets says: targets: []"),
        ("#" * 70_000, "notify.yaml:1: must not be longer than 65536 characters"),
        ("a: 1\na: 2", "notify.yaml:2: the key 'a' is there twice"),
        ("[]", "notify.yaml:1: must be a mapping"),
        ("wait: 10s", "notify.yaml:1: targets: is missing"),
        ("targets: 4", "notify.yaml:1: targets: must be a list"),
        ("targets: []\nwiat: 4", "notify.yaml:2: wiat: is no field here"),
        ("wait: 10\ntargets: []", "notify.yaml:1: wait: must be a duration such as 10s, 5m or 4h"),
        ("targets: [4]", "notify.yaml:1: targets[0]: must be a mapping"),
        ("targets: [{name: a}]", "notify.yaml:1: targets[0].type: is missing"),
        (
            target(type="smtp"),
            "notify.yaml:5: targets[0].type: must be one of 'webhook', 'alertmanager'",
        ),
        (target(secret_env=""), "notify.yaml:4: targets[0].secret_env: is missing"),
        (target(secret_env="OTHER"), "notify.yaml:7: targets[0].secret_env: OTHER is not set"),
        (
            target(secret_env="SHORT"),
            "notify.yaml:7: targets[0].secret_env: SHORT must hold 24 to 64 bytes, in Base64",
        ),
        (target(url=""), "notify.yaml:4: targets[0]: must have url or url_env, and not both"),
        (
            target(url_env="ADDRESS"),
            "notify.yaml:4: targets[0]: must have url or url_env, and not both",
        ),
        (
            target(url="", url_env="NOWHERE"),
            "notify.yaml:7: targets[0].url_env: NOWHERE is not set",
        ),
        (
            target(url="", url_env="ONCALL"),
            "notify.yaml:7: targets[0].url_env: must be an address such as https://example.org/hooks",
        ),
        (
            target(url="https://evil.example/"),
            "notify.yaml:6: targets[0].url: its host is not in allowed_hosts",
        ),
        (
            target(url="https://in/"),
            "notify.yaml:6: targets[0].url: its host is not in allowed_hosts",
        ),
        (
            target(url="http://a.in/"),
            "notify.yaml:6: targets[0].url: must begin with https:// unless allow_private is true",
        ),
        (
            target(url="ftp://a.in/"),
            "notify.yaml:6: targets[0].url: must begin with https:// or http://",
        ),
        (
            target(url="https://u:p@a.in/"),
            "notify.yaml:6: targets[0].url: must hold no user, no password and no #",
        ),
        (
            target(url="https://a.in:x/"),
            "notify.yaml:6: targets[0].url: must be an address such as https://example.org/hooks",
        ),
        (
            target(url="https://ä.in/"),
            "notify.yaml:6: targets[0].url: must be an address such as https://example.org/hooks",
        ),
        (
            target(allow_private="4"),
            "notify.yaml:8: targets[0].allow_private: must be true or false",
        ),
        (
            target() + "\n  - {name: oncall, type: alertmanager, url: https://a.in}",
            "notify.yaml:8: targets[1].name: 'oncall' is there twice",
        ),
    ],
)
def test_a_wrong_file_stops_the_start_with_line_and_field(
    tmp_path: Path, text: str, sentence: str
) -> None:
    assert refusal(tmp_path, text) == sentence


def test_everything_that_is_wrong_is_told_at_once_up_to_a_limit(tmp_path: Path) -> None:
    fields = "\n".join(f"field_{number}: 1" for number in range(13))

    refused = refusal(tmp_path, f"targets: []\n{fields}")

    assert refused.count("is no field here") == 10
    assert refused.endswith("; 3 more")


def test_no_refusal_holds_a_secret(tmp_path: Path) -> None:
    refused = refusal(tmp_path, target(secret_env="[SHORT, ONCALL]", name="UPPER"))
    also = refusal(tmp_path, target(secret_env="[SHORT, ONCALL]"))

    assert "whsec_" not in refused + also
