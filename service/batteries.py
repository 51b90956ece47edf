"""Batteries of all sensors: who is low, and for how long each still lasts."""

from __future__ import annotations

from dataclasses import dataclass, field

from sensors.battery import BatteryLevel, LowBattery, TimeLeft
from sensors.source import DeviceStatus


@dataclass(slots=True)
class _Watch:
    """One sensor's battery."""

    level: BatteryLevel | None = None
    low: LowBattery = field(default_factory=LowBattery)
    time_left: TimeLeft = field(default_factory=TimeLeft)
    left_s: float | None = None


class Batteries:
    """Takes every status in; warns once each time a battery gets low."""

    def __init__(self) -> None:
        self._watches: dict[str, _Watch] = {}

    def update(self, status: DeviceStatus) -> str | None:
        """The warning that is due now, a line for a person; else None."""
        if status.battery_percent is None:
            return None
        level = BatteryLevel(status.battery_percent, status.charging)
        watch = self._watches.setdefault(status.device_id, _Watch())
        watch.left_s = watch.time_left.update(status.t_s, level)
        due = watch.low.update(level)
        watch.level = level
        if not due:
            return None
        rest = "" if watch.left_s is None else f", about {watch.left_s / 60.0:.0f} min left"
        return f"{status.name or status.device_id}: battery at {level.percent} %{rest}; charge it"

    def is_low(self, device_id: str) -> bool:
        """Whether the sensor should be charged."""
        return device_id in self._watches and self._watches[device_id].low.is_low

    def left_s(self, device_id: str) -> float | None:
        """Seconds until empty; None where that cannot be told yet."""
        watch = self._watches.get(device_id)
        return watch.left_s if watch else None
