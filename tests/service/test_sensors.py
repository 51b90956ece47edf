"""What is said of a sensor: its link, its data, its battery, and problems where something is wrong."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fusion.types import Segment
from sensors.source import DeviceState
from service.bus import Bus
from service.gateway import Gateway
from service.sensors import sensor_document
from service.settings import Settings
from service.storage.repository import Repository
from tests.service.doubles import TurnedClock
from tests.service.recorded import ATHLETE, START_S, deliver, packets_of, streaming, worn


@pytest.fixture
def clock() -> TurnedClock:
    return TurnedClock(START_S)


@pytest.fixture
def gateway(settings: Settings, repository: Repository, clock: TurnedClock) -> Gateway:
    return Gateway(settings, repository, Bus(), worn(), clock)


def test_a_streaming_sensor_has_its_live_rate_and_no_complaints(gateway: Gateway, clock: TurnedClock) -> None:
    status = replace(streaming("pelvis"), rssi_dbm=-60, battery_percent=80, adapter="hci1")
    gateway.status(status)
    gateway.status(streaming("thigh_right"))
    deliver(gateway, packets_of()[:1500], clock)
    told = sensor_document(gateway, status)
    assert told["rate_hz"] == pytest.approx(60.0, abs=1.0)
    assert told["loss"] == 0.0
    assert told["reasons"] == []
    assert (told["athlete_id"], told["segment"]) == (ATHLETE, Segment.PELVIS.value)
    assert (told["adapter"], told["rssi_dbm"], told["battery_percent"]) == ("hci1", -60, 80)


def test_losses_are_told_with_their_share(gateway: Gateway, clock: TurnedClock) -> None:
    status = streaming("pelvis")
    gateway.status(status)
    gateway.status(streaming("thigh_right"))
    deliver(gateway, [p for k, p in enumerate(packets_of()[:1500]) if k % 10 > 1], clock)
    told = sensor_document(gateway, status)
    assert told["loss"] == pytest.approx(0.2, abs=0.03)
    assert any("of samples are lost" in line for line in told["reasons"])


def test_weak_signal_and_low_battery_say_what_to_do(gateway: Gateway) -> None:
    status = replace(streaming("pelvis"), rssi_dbm=-92, battery_percent=9)
    gateway.status(status)
    assert sensor_document(gateway, status)["reasons"] == [
        "weak signal (-92 dBm) when it was last seen: come closer",
        "battery at 9 %: charge it",
    ]


def test_a_lost_sensor_says_why_and_has_no_rate(gateway: Gateway) -> None:
    status = replace(streaming("pelvis", DeviceState.LOST), reason="the radio link was lost")
    gateway.status(status)
    told = sensor_document(gateway, status)
    assert (told["rate_hz"], told["loss"], told["reasons"]) == (None, None, ["the radio link was lost"])
