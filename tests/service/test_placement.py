"""The guided check: asks, listens while the athlete moves, judges, and a swap is remembered."""

from __future__ import annotations

import numpy as np
import pytest

import firmware_profiles
from fusion.types import FloatArray, Segment
from sensors.encode import encode_train
from sensors.placement_check import Movement, Verdict
from sensors.source import DeviceState, RawPacket
from service.bus import Bus, Message
from service.gateway import Assignment, Gateway
from service.placement import GuidedCheck, NothingWornError
from service.settings import Settings
from service.storage.repository import Repository
from tests.service.doubles import TurnedClock
from tests.service.recorded import ATHLETE, START_S, streaming

DOT = firmware_profiles.load("movella_dot")
PELVIS, THIGH = Segment.PELVIS, Segment.THIGH_RIGHT


def turn(degrees: float) -> list[RawPacket]:
    """Stand, turn there and back about a slanted axis, stand: 4 s of DOT's packets."""
    t_s = np.arange(0.0, 4.0, 1.0 / 60.0)
    rate = np.radians(degrees) * np.pi * np.sin(2.0 * np.pi * np.clip((t_s - 1.0) / 2.0, 0.0, 1.0)) / 2.0
    gyr: FloatArray = rate[:, None] * np.array([0.6, 0.0, 0.8])
    acc = np.tile([0.0, 9.81, 0.0], (len(t_s), 1))
    train = encode_train(firmware_profiles.choose(DOT), t_s, acc, gyr)
    return [RawPacket("", p.characteristic, START_S + p.ready_s, p.payload) for p in train]


class Scene:
    """A gateway whose athlete moves while the check waits."""

    def __init__(self, settings: Settings, repository: Repository, **turned_deg: float) -> None:
        self.heard: list[Message] = []
        bus = Bus()
        bus.listen(self.heard.append)
        worn = Assignment({"a": (ATHLETE, PELVIS), "b": (ATHLETE, THIGH)})
        self.gateway = Gateway(settings, repository, bus, worn, TurnedClock(START_S))
        for device_id in ("a", "b"):
            self.gateway.status(streaming(device_id, DeviceState.STREAMING))
        self._turned_deg = turned_deg
        self.check = GuidedCheck(self.gateway, bus.publish, self._move)

    async def _move(self, _seconds: float) -> None:
        for device_id, degrees in self._turned_deg.items():
            for packet in turn(degrees):
                said = RawPacket(device_id, packet.characteristic, packet.arrival_s, packet.payload)
                self.gateway.packet(said)


async def test_sensors_in_their_places_pass_and_both_ends_are_told(
    settings: Settings, repository: Repository
) -> None:
    scene = Scene(settings, repository, a=6.0, b=80.0)
    found = await scene.check.run(ATHLETE, Movement.LIFT_RIGHT_KNEE, 4.0)
    assert found.verdict is Verdict.OK
    assert found.turned_deg["b"] == pytest.approx(80.0, abs=1.0)
    asked, judged = [m.body for m in scene.heard if m.topic == "placement"]
    assert (asked["event"], judged["event"]) == ("placement_requested", "placement_checked")
    assert "lift the right knee" in asked["request"]
    assert judged["verdict"] == "ok"


async def test_swapped_sensors_are_found_and_the_swap_is_remembered(
    settings: Settings, repository: Repository
) -> None:
    scene = Scene(settings, repository, a=80.0, b=6.0)
    found = await scene.check.run(ATHLETE, Movement.LIFT_RIGHT_KNEE, 4.0)
    assert found.verdict is Verdict.SWAPPED
    (pair,) = found.swaps
    repository.ensure_athlete(ATHLETE)
    scene.gateway.swap(*pair)
    assert scene.gateway.assignment.worn_by(ATHLETE) == {"a": THIGH, "b": PELVIS}
    assert repository.assignments() == {"a": (ATHLETE, "thigh_right"), "b": (ATHLETE, "pelvis")}


async def test_a_sensor_that_says_nothing_is_named(settings: Settings, repository: Repository) -> None:
    scene = Scene(settings, repository, b=80.0)
    found = await scene.check.run(ATHLETE, Movement.LIFT_RIGHT_KNEE, 4.0)
    assert found.verdict is Verdict.UNCLEAR
    assert found.messages == ("nothing came from the pelvis sensor (a)",)


async def test_a_check_needs_two_sensors(settings: Settings, repository: Repository) -> None:
    scene = Scene(settings, repository)
    with pytest.raises(NothingWornError, match="'berta' wears 0 sensors; a check needs two"):
        await scene.check.run("berta", Movement.BOW, 4.0)


async def test_after_the_check_nobody_listens_any_more(settings: Settings, repository: Repository) -> None:
    scene = Scene(settings, repository, a=6.0, b=80.0)
    await scene.check.run(ATHLETE, Movement.LIFT_RIGHT_KNEE, 4.0)
    assert scene.gateway._taps == []
