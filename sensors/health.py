"""How well a sensor's data come: rate, loss and signal of the last seconds, with reasons in words. Pure."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Final

WINDOW_S: Final = 5.0
_LOSS: Final = 0.02
"""Fusion bridges single lost samples; beyond this share the coach should do something."""
_RATE: Final = 0.9
_WEAK_DBM: Final = -85
"""Receivers of Bluetooth LE lose packets some 5 to 10 dB above their sensitivity of −95 dBm."""
_LOW_PERCENT: Final = 15


@dataclass(frozen=True, slots=True)
class SensorHealth:
    """The last seconds of one sensor."""

    rate_hz: float | None
    """Samples a second; None before enough time has passed."""
    loss: float | None
    """Share of samples lost."""
    reasons: tuple[str, ...]
    """What is not as it should be, a line each."""


class HealthMonitor:
    """Watches one sensor's counters."""

    def __init__(self, nominal_hz: float) -> None:
        self._nominal_hz = nominal_hz
        self._points: deque[tuple[float, int, int]] = deque()

    def restart(self) -> None:
        """After a reconnect: the pause is no loss of the new link."""
        self._points.clear()

    def update(
        self,
        t_s: float,
        received: int,
        lost: int,
        *,
        rssi_dbm: int | None = None,
        battery_percent: int | None = None,
    ) -> SensorHealth:
        """Judge at ``t_s``; ``received`` and ``lost`` count samples since the start."""
        points = self._points
        points.append((t_s, received, lost))
        while len(points) > 2 and points[1][0] <= t_s - WINDOW_S:
            points.popleft()
        began_s, received_before, lost_before = points[0]
        if t_s - began_s < 0.5 * WINDOW_S:
            return SensorHealth(None, None, _signs(rssi_dbm, battery_percent))
        came, went = received - received_before, lost - lost_before
        rate_hz = came / (t_s - began_s)
        loss = went / (came + went) if came + went else 0.0
        return SensorHealth(rate_hz, loss, self._flow(rate_hz, loss) + _signs(rssi_dbm, battery_percent))

    def _flow(self, rate_hz: float, loss: float) -> tuple[str, ...]:
        nominal = self._nominal_hz
        if rate_hz == 0.0:
            return (f"no samples for {WINDOW_S:g} s: wake the sensor or come closer",)
        if loss > _LOSS:
            return (f"{100 * loss:.0f} % of samples are lost: bring gateway and athlete closer together",)
        if rate_hz < _RATE * nominal:
            return (f"{rate_hz:.0f} instead of {nominal:g} samples a second: the link is too slow",)
        return ()


def _signs(rssi_dbm: int | None, battery_percent: int | None) -> tuple[str, ...]:
    signs = []
    if rssi_dbm is not None and rssi_dbm < _WEAK_DBM:
        signs.append(f"weak signal ({rssi_dbm} dBm) when it was last seen")
    if battery_percent is not None and battery_percent <= _LOW_PERCENT:
        signs.append(f"battery at {battery_percent} %: charge it")
    return tuple(signs)
