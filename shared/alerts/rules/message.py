"""The sentence that says what an alert is about; pure."""

from shared.alerts.rules.rule import Rule, Zone, zone
from shared.times import span_text


def message_of(rule: Rule, peak: float) -> str:
    """Return the sentence for an episode of `rule` whose worst value was `peak`.

    The limit in it is that of the least severe level that the peak breaks: where the alert began.
    """
    silence = "" if rule.timeout is None else span_text(rule.timeout)
    match rule.kind:
        case "offline":
            return f"nothing was received for more than {silence}"
        case "stale":
            return f"{rule.sensor} was not measured for more than {silence}"
        case "rate":
            unit = _joined(rule.unit, "per second")
            return f"change of {rule.sensor} by {_beyond(rule, peak, unit)}"
        case _:
            return f"{rule.sensor} {_beyond(rule, peak, rule.unit)}"


def number_text(number: float) -> str:
    """Write all digits: a value just beyond the limit must not read like the limit."""
    return repr(float(number)).removesuffix(".0")


def _beyond(rule: Rule, peak: float, unit: str) -> str:
    broken = (level for level in rule.levels if zone(level, peak) is Zone.BREACH)
    level = next(broken, rule.levels[0])
    is_above = level.low is None or (level.high is not None and peak > level.high)
    limit = level.high if is_above else level.low
    assert limit is not None
    side = "above" if is_above else "below"
    peak_text, limit_text = (_joined(number_text(each), unit) for each in (peak, limit))
    return f"{peak_text} is {side} the limit of {limit_text}"


def _joined(*words: str) -> str:
    return " ".join(filter(None, words))
