"""Which series there are: the sensors by their own names, and what else is kept of a window; pure.

`temperature_c` is the average of each window, `temperature_c:max` its greatest value. ALERTS are
the alerts.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from functions.dashboard.prometheus.labels import DEVICE, NAME, Labels, Matcher

FIELDS: Final[Mapping[str, str]] = {
    "": "average",
    ":min": "min",
    ":max": "max",
    ":sum": "sum",
    ":count": "count",
    ":p50": "p50",
    ":p95": "p95",
}
HELP: Final[Mapping[str, str]] = {
    "": "The average of a window's readings.",
    ":min": "The least value of a window.",
    ":max": "The greatest value of a window.",
    ":sum": "The sum of a window's values.",
    ":count": "How many readings a window has.",
    ":p50": "The median of a window's values.",
    ":p95": "The 95th percentile of a window's values.",
}
ALERTS: Final = "ALERTS"


def metrics_of(sensors: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    """Yield name, sensor and suffix of each metric."""
    for sensor in sensors:
        for suffix in FIELDS:
            yield sensor + suffix, sensor, suffix


def labels_of(name: str, device_id: str) -> Labels:
    """Return the labels of a series."""
    return ((NAME, name), (DEVICE, device_id))


def wanted_metrics(
    matchers: Sequence[Matcher], sensors: Sequence[str]
) -> Sequence[tuple[str, str, str]]:
    """Return the metrics that can match: by their name, and since they have no other label."""
    own = [one for one in matchers if one.name == NAME]
    foreign = [one for one in matchers if one.name not in (NAME, DEVICE)]
    if not all(one.matches("") for one in foreign):
        return ()
    found = metrics_of(sensors)
    return [metric for metric in found if all(one.matches(metric[0]) for one in own)]


def wanted_device(matchers: Sequence[Matcher]) -> str | None:
    """Return the one device that can match, None where several may."""
    return next((one.value for one in matchers if one.name == DEVICE and one.op == "="), None)


def is_wanted_device(matchers: Sequence[Matcher], device_id: str) -> bool:
    """Return whether series of this device may match."""
    return all(one.matches(device_id) for one in matchers if one.name == DEVICE)


def wants_alerts(matchers: Sequence[Matcher]) -> bool:
    """Return whether ALERTS can match."""
    return all(one.matches(ALERTS) for one in matchers if one.name == NAME)
