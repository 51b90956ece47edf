"""What is known of each sensor now: its link, its data, its battery, and what should be done about it."""

from __future__ import annotations

from typing import Final

from fusion.summary import Document
from sensors.source import DeviceState, DeviceStatus
from service.gateway import Gateway

_WEAK_DBM: Final = -85
"""Receivers of Bluetooth LE begin to lose packets some 10 dB above their sensitivity of about −95 dBm."""


def sensor_document(gateway: Gateway, status: DeviceStatus) -> Document:
    """A sensor for the API and MQTT; ``problems`` says what is not as it should be, a line each."""
    streaming = status.state is DeviceState.STREAMING
    health = gateway.health(status.device_id) if streaming else None
    athlete_id, segment = gateway.assignment.sensors.get(status.device_id, (None, None))
    session = gateway.sessions.get(athlete_id or "")
    stats = session.stats.get(status.device_id) if session else None
    battery = gateway.battery(status.device_id)
    return {
        "device_id": status.device_id,
        "name": status.name,
        "state": status.state.value,
        "reason": status.reason,
        "profile": status.profile.id if status.profile else None,
        "battery_percent": status.battery_percent,
        "charging": status.charging,
        "battery_left_s": battery.left_s if battery else None,
        "rssi_dbm": status.rssi_dbm,
        "adapter": status.adapter,
        "athlete_id": athlete_id,
        "segment": segment.value if segment else None,
        "loss": round(stats.loss, 5) if stats else None,
        "rate_hz": round(health.rate_hz, 2) if health else None,
        "nominal_hz": health.nominal_hz if health else None,
        "recent_loss": round(health.loss, 5) if health else None,
        "loss_method": health.method.value if health else None,
        "problems": [
            *([status.reason] if status.reason else []),
            *(health.reasons if health else ()),
            *_signs(status, low=battery is not None and battery.is_low),
        ],
    }


def _signs(status: DeviceStatus, *, low: bool) -> list[str]:
    signs = []
    if status.rssi_dbm is not None and status.rssi_dbm < _WEAK_DBM:
        signs.append(f"weak signal ({status.rssi_dbm} dBm) when it was last seen: come closer")
    if low:
        signs.append(f"battery at {status.battery_percent} %: charge it")
    return signs
