"""Battery of any sensor: percent, volts, charging; a warning with hysteresis; the time that is left. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from firmware_profiles.primitives import NumberType
from firmware_profiles.schema import Battery, Profile

_MIN_DROP_PERCENT: Final = 2.0
"""Less says more about the gauge than about the battery."""
_MIN_SPAN_S: Final = 600.0
_HISTORY: Final = 240


@dataclass(frozen=True, slots=True)
class BatteryLevel:
    """What a sensor says of its battery."""

    percent: int
    charging: bool | None = None
    """None where the sensor does not tell."""
    voltage_v: float | None = None


class BatteryReader:
    """Reads battery packets of one profile."""

    def __init__(self, profile: Profile) -> None:
        self._battery = profile.battery
        self._tag = bytes.fromhex(self._battery.tag or "") if self._battery else b""

    def read(self, characteristic: str, payload: bytes) -> BatteryLevel | None:
        """The level in ``payload``; None when it is not a battery packet or cannot be true."""
        battery = self._battery
        if battery is None or characteristic != battery.characteristic or not payload.startswith(self._tag):
            return None
        end = battery.offset + battery.type.size
        if len(payload) < end:
            return None
        number = _number(payload[battery.offset : end], battery.type) * battery.scale
        volts = number if battery.table else _millivolts(payload, battery.voltage_offset)
        percent = percent_of(battery.table, number) if battery.table else number
        if not 0.0 <= percent <= 100.0:
            return None
        return BatteryLevel(round(percent), _charging(payload, battery), volts)


def battery_payload(profile: Profile, percent: int, charging: bool = False) -> bytes:
    """What a virtual sensor of this profile sends for its battery; empty where it has none."""
    battery = profile.battery
    if battery is None:
        return b""
    number = voltage_of(battery.table, percent) if battery.table else float(percent)
    parts = {battery.offset: round(number / battery.scale).to_bytes(battery.type.size, "little")}
    if battery.voltage_offset is not None:
        parts[battery.voltage_offset] = round(3300 + 9 * percent).to_bytes(2, "little")
    if battery.charging_offset is not None:
        bit = battery.charging_mask & -battery.charging_mask
        parts[battery.charging_offset] = bytes([bit if charging else 0])
    tag = bytes.fromhex(battery.tag or "")
    payload = bytearray(max(len(tag), *(at + len(part) for at, part in parts.items())))
    payload[: len(tag)] = tag
    for at, part in parts.items():
        payload[at : at + len(part)] = part
    return bytes(payload)


def percent_of(table: Sequence[tuple[float, float]], volts: float) -> float:
    """Percent of the highest row that ``volts`` reaches, as the vendors' own programs do; 0 below all."""
    return next((percent for least, percent in table if volts >= least - 1e-9), 0.0)


def voltage_of(table: Sequence[tuple[float, float]], percent: float) -> float:
    """The least voltage that is called at most ``percent``."""
    return next((volts for volts, called in table if called <= percent), 0.0)


class LowBattery:
    """Low below ``low_percent``, and no longer only from ``clear_percent`` on or while charging."""

    def __init__(self, low_percent: float = 15.0, clear_percent: float = 20.0) -> None:
        self._low, self._clear = low_percent, clear_percent
        self.is_low = False

    def update(self, level: BatteryLevel) -> bool:
        """Take a level in; True when a warning is due now (once each time it gets low)."""
        if level.charging or level.percent >= self._clear:
            self.is_low = False
        elif level.percent <= self._low and not self.is_low:
            self.is_low = True
            return True
        return False


class TimeLeft:
    """Time until empty, from the least-squares slope of the levels since the last charging."""

    def __init__(self) -> None:
        self._points: deque[tuple[float, float]] = deque(maxlen=_HISTORY)

    def update(self, t_s: float, level: BatteryLevel) -> float | None:
        """Seconds until empty at ``t_s``; None while charging or before enough has been used."""
        if level.charging or (self._points and level.percent > self._points[-1][1] + 1.0):
            self._points.clear()
        if level.charging:
            return None
        self._points.append((t_s, float(level.percent)))
        first_s, first = self._points[0]
        if t_s - first_s < _MIN_SPAN_S or first - level.percent < _MIN_DROP_PERCENT:
            return None
        slope = _slope(self._points)
        return level.percent / -slope if slope < 0.0 else None


def _slope(points: Sequence[tuple[float, float]]) -> float:
    mean_t = sum(t for t, _ in points) / len(points)
    mean_p = sum(p for _, p in points) / len(points)
    spread = sum((t - mean_t) ** 2 for t, _ in points)
    return sum((t - mean_t) * (p - mean_p) for t, p in points) / spread if spread else 0.0


def _number(raw: bytes, kind: NumberType) -> float:
    return float(int.from_bytes(raw, "little", signed=kind.value[0] == "i"))


def _millivolts(payload: bytes, offset: int | None) -> float | None:
    if offset is None or len(payload) < offset + 2:
        return None
    return int.from_bytes(payload[offset : offset + 2], "little") / 1000.0


def _charging(payload: bytes, battery: Battery) -> bool | None:
    if battery.charging_offset is None or len(payload) <= battery.charging_offset:
        return None
    return bool(payload[battery.charging_offset] & battery.charging_mask)
