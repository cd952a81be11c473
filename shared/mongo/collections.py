"""The names of the collections, and the type of what they hold."""

from typing import Any, Final

Document = dict[str, Any]

RAW: Final = "telemetry_raw"
VIEWS: Final = "aggregated_data"
HOURS: Final = "aggregated_hours"
ALERTS: Final = "alerts"
DEVICES: Final = "devices"
DEAD_LETTERS: Final = "dead_letters"
NOTES: Final = "late_windows"  # of the version before: read and deleted, no longer written
REFRESH_NOTES: Final = "refresh_notes"
REFRESH: Final = "refresh_state"
ALERT_STATES: Final = "alert_states"  # of a device: how far its rules are folded; and "~rules"
ALERT_RULES: Final = "alert_rules"  # each revision of the rules
OUTBOX: Final = "notifications"
SILENCES: Final = "silences"
ERASED: Final = "erased_devices"  # whose readings, received until then, are not stored again
TARGETS: Final = "notification_targets"  # those that answered 410
