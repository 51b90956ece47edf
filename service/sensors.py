"""What is known of each sensor now: its link, its data, its battery, and what should be done about it."""

from __future__ import annotations

from typing import Final

from fusion.summary import Document
from sensors.source import DeviceState, DeviceStatus
from service.gateway import Gateway

_WEAK_DBM: Final = -85
"""Receivers of Bluetooth LE begin to lose packets some 10 dB above their sensitivity of about −95 dBm."""


def sensor_document(gateway: Gateway, status: DeviceStatus) -> Document:
    """A sensor for the API and MQTT; ``reasons`` says what is not as it should be, a line each."""
    health = gateway.health(status.device_id) if status.state is DeviceState.STREAMING else None
    athlete_id, segment = gateway.assignment.sensors.get(status.device_id, (None, None))
    return {
        "device_id": status.device_id,
        "name": status.name,
        "state": status.state.value,
        "reason": status.reason,
        "profile": status.profile.id if status.profile else None,
        "battery_percent": status.battery_percent,
        "charging": status.charging,
        "battery_left_s": gateway.batteries.left_s(status.device_id),
        "rssi_dbm": status.rssi_dbm,
        "adapter": status.adapter,
        "athlete_id": athlete_id,
        "segment": segment.value if segment else None,
        "rate_hz": round(health.rate_hz, 1) if health else None,
        "loss": round(health.loss, 5) if health else None,
        "reasons": [
            *([status.reason] if status.reason else []),
            *(health.reasons if health else ()),
            *_signs(status, low=gateway.batteries.is_low(status.device_id)),
        ],
    }


def _signs(status: DeviceStatus, *, low: bool) -> list[str]:
    signs = []
    if status.rssi_dbm is not None and status.rssi_dbm < _WEAK_DBM:
        signs.append(f"weak signal ({status.rssi_dbm} dBm) when it was last seen: come closer")
    if low:
        signs.append(f"battery at {status.battery_percent} %: charge it")
    return signs
