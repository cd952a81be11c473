"""Every metric of every function, stated once.

Labels are small closed sets, never a device: a scrape is made in the event loop, at 5 us a line.
"""

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

_FAST: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)
_SLOW: Final = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

readings_accepted = Counter(
    "iot_readings_accepted", "Readings acknowledged by Kafka and confirmed to the sender."
)
readings_rejected = Counter(
    "iot_readings_rejected", "Readings refused at ingest, by reason.", ["reason"]
)
credentials_refused = Counter(
    "iot_credentials_refused", "Requests whose credential proved nothing, by reason.", ["reason"]
)
key_fetch_errors = Counter(
    "iot_key_fetch_errors", "Failed requests for the keys that an issuer publishes."
)
kafka_produce_seconds = Histogram(
    "iot_kafka_produce_seconds", "Time from produce to Kafka's acknowledgement.", buckets=_FAST
)
kafka_produce_errors = Counter(
    "iot_kafka_produce_errors", "Records that Kafka did not acknowledge in time, or refused."
)

events = Counter("iot_events", "Events responded to, by outcome.", ["outcome"])
event_seconds = Histogram("iot_event_seconds", "Time to handle an event.", buckets=_SLOW)
events_seen_again = Counter(
    "iot_events_seen_again", "Events this process had seen before: retries and redeliveries."
)

readings_stored = Counter("iot_readings_stored", "Readings newly written to telemetry_raw.")
readings_erased = Counter(
    "iot_readings_erased", "Readings of erased devices that came again and were not stored."
)
readings_duplicate = Counter("iot_readings_duplicate", "Readings that telemetry_raw already held.")
late_windows_noted = Counter(
    "iot_late_windows_noted", "Notes of windows that got a reading after they were settled."
)
readings_folded = Counter(
    "iot_readings_folded", "Noted readings counted in views, by lane.", ["lane"]
)
notes_oldest_seconds = Gauge(
    "iot_refresh_notes_oldest_seconds",
    "Age of the oldest note that this process is yet to count, by lane.",
    ["lane"],
)
windows_past_retention = Counter(
    "iot_windows_past_retention",
    "Windows of a device left as they were: readings came after retention took others.",
)
refresh_seconds = Histogram(
    "iot_refresh_seconds",
    "Time of one live pass of the refresh over the shards held.",
    buckets=_SLOW,
)
refresh_errors = Counter(
    "iot_refresh_errors", "Steps of the refresh that failed and will be done again."
)
refresh_age_seconds = Gauge(
    "iot_refresh_age_seconds", "Time since this process last completed a refresh."
)
views_written = Counter("iot_views_written", "Window summaries written.")
alerts_raised = Counter("iot_alerts_raised", "Alerts written.", ["sensor_type", "severity"])
notifications = Counter(
    "iot_notifications", "Attempts and ends of notices of alerts.", ["target", "outcome"]
)
notifications_stuck = Gauge(
    "iot_notifications_stuck", "Notices that no target took, at the newest tick of this process."
)
dead_letters = Counter("iot_dead_letters", "Dead letters stored, by reason.", ["reason"])
redrives = Counter(
    "iot_redrives", "Dead letters that the tick published again, by outcome.", ["outcome"]
)
database_errors = Counter(
    "iot_database_errors", "Database operations that failed, by operation.", ["operation"]
)

dashboard_requests = Counter(
    "iot_dashboard_requests", "Requests to the dashboard, by route and status.", ["route", "status"]
)
operator_actions = Counter(
    "iot_operator_actions",
    "What operators did by the dashboard, by action and outcome.",
    ["action", "outcome"],
)
dashboard_seconds = Histogram(
    "iot_dashboard_seconds", "Time to respond to a dashboard request.", ["route"], buckets=_FAST
)
