"""Names of sensors, from what senders call their fields and units; pure."""

import re
from collections.abc import Mapping
from typing import Final

from shared.readings.reading import HUMIDITY, TEMPERATURE

_NO_NAME: Final = re.compile(r"[^A-Za-z0-9_]+")
_PERCENT: Final = "%"
_HUMIDITY_CLASS: Final = "humidity"
# What Home Assistant writes for a unit, and what the value is called here.
_BY_UNIT: Final[Mapping[str, str]] = {
    "°C": TEMPERATURE,
    "°F": "temperature_f",
    "K": "temperature_k",
    "hPa": "pressure_hpa",
    "mbar": "pressure_hpa",
    "kPa": "pressure_kpa",
    "bar": "pressure_bar",
    "lx": "illuminance_lx",
    "W": "power_w",
    "kW": "power_kw",
    "VA": "power_va",
    "Wh": "energy_wh",
    "kWh": "energy_kwh",
    "V": "voltage_v",
    "mV": "voltage_mv",
    "A": "current_a",
    "mA": "current_ma",
    "Hz": "frequency_hz",
    "ppm": "concentration_ppm",
    "ppb": "concentration_ppb",
    "µg/m³": "concentration_ugm3",
    "m/s": "speed_mps",
    "km/h": "speed_kmph",
    "mm": "depth_mm",
    "mm/h": "precipitation_mmph",
    "L": "volume_l",
    "m³": "volume_m3",
    "dB": "level_db",
    "dBm": "signal_dbm",
    "°": "angle_deg",
}


_BY_METRIC: Final[Mapping[tuple[str, str], str]] = {
    ("temperature", "Cel"): TEMPERATURE,
    ("humidity", "%"): HUMIDITY,
    ("relative_humidity", "%"): HUMIDITY,
    ("humidity", "1"): "humidity_ratio",  # 0 to 1, and not percent
}


def sensor_name(*parts: str) -> str:
    """Return the parts as one name: what is no letter, digit or underscore becomes an underscore.

    It begins with a letter; acceptance refuses what is longer than a name may be.
    """
    name = "_".join(filter(None, (_NO_NAME.sub("_", part).strip("_") for part in parts)))
    return name if name[:1].isalpha() else f"n{name}"


def sensor_of_unit(unit: str, kind: str) -> str | None:
    """Return the sensor of a unit as people write it, and of a kind if one is known."""
    if unit == _PERCENT:
        return HUMIDITY if kind == _HUMIDITY_CLASS else sensor_name(kind, "percent")
    return _BY_UNIT.get(unit)


def sensor_of_metric(name: str, unit: str) -> str:
    """Return the sensor of a metric and its unit in UCUM, as OpenTelemetry and SenML write it."""
    plain = sensor_name(name)
    return _BY_METRIC.get((plain, unit), plain)
