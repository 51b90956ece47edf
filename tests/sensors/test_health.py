"""Live rate and loss over the last seconds, and reasons that say what to do."""

from __future__ import annotations

import pytest

from sensors.health import HealthMonitor


def watched(seconds: float, *, rate_hz: float = 60.0, lost: int = 0) -> HealthMonitor:
    monitor = HealthMonitor(60.0)
    monitor.update(0.0, 1000, 50)
    monitor.update(seconds - 1.0, 1000 + round(rate_hz * (seconds - 1.0)), 50 + lost)
    return monitor


def test_a_healthy_sensor_has_its_rate_and_no_reasons() -> None:
    health = watched(5.0).update(5.0, 1300, 50, rssi_dbm=-60, battery_percent=80)
    assert (health.rate_hz, health.loss, health.reasons) == (60.0, 0.0, ())


def test_before_enough_time_has_passed_nothing_is_claimed() -> None:
    health = HealthMonitor(60.0).update(0.0, 0, 0)
    assert (health.rate_hz, health.loss, health.reasons) == (None, None, ())


def test_losses_are_those_of_the_last_seconds_alone() -> None:
    health = watched(5.0, rate_hz=54.0, lost=30).update(5.0, 1270, 80)
    assert health.loss == pytest.approx(30 / 300)
    assert health.reasons == ("10 % of samples are lost: bring gateway and athlete closer together",)


def test_a_rate_too_low_without_losses_is_a_slow_link_and_none_at_all_is_silence() -> None:
    slow = watched(5.0, rate_hz=30.0).update(5.0, 1150, 50)
    assert slow.reasons == ("30 instead of 60 samples a second: the link is too slow",)
    silent = watched(5.0, rate_hz=0.0).update(5.0, 1000, 50)
    assert silent.reasons == ("no samples for 5 s: wake the sensor or come closer",)


def test_signal_and_battery_are_said_from_the_start() -> None:
    health = HealthMonitor(60.0).update(0.0, 0, 0, rssi_dbm=-90, battery_percent=9)
    assert health.reasons == ("weak signal (-90 dBm) when it was last seen", "battery at 9 %: charge it")


def test_after_a_reconnect_the_pause_is_no_loss() -> None:
    monitor = watched(5.0)
    monitor.restart()
    assert monitor.update(60.0, 1300, 3000).loss is None
    assert monitor.update(64.0, 1300 + 240, 3000).reasons == ()
