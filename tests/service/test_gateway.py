"""The gateway: packets to results, kept through crashes, full disks and sensors that come and go."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from firmware_profiles import configured, load
from fusion import screens
from fusion.errors import InputError
from fusion.pipeline import MotionPipeline, PipelineConfig
from fusion.types import SignalBlock
from sensors.source import CHOSEN, RESTARTED, DeviceState, RawPacket
from sensors.stream import SensorStream
from service.bus import Bus, Message
from service.gateway import Assignment, Gateway
from service.session import SessionFacts
from service.settings import Settings
from service.storage.engine import StorageError
from service.storage.recordings import read_recording
from service.storage.repository import Repository
from service.storage.spool import Spool
from tests.service.doubles import TurnedClock
from tests.service.recorded import ATHLETE, START_S, deliver, packets_of, streaming, worn


class Line:
    """A gateway with everything it said."""

    def __init__(
        self, settings: Settings, repository: Repository, assignment: Assignment | None = None
    ) -> None:
        self.clock = TurnedClock(START_S)
        self.heard: list[Message] = []
        bus = Bus()
        bus.listen(self.heard.append)
        self.gateway = Gateway(settings, repository, bus, assignment or worn(), self.clock)

    def deliver(self, packets: Any) -> None:
        deliver(self.gateway, packets, self.clock)

    def events(self, topic: str) -> list[dict[str, Any]]:
        return [m.body for m in self.heard if m.topic == topic]


@pytest.fixture
def line(settings: Settings, repository: Repository) -> Line:
    return Line(settings, repository)


async def test_every_repetition_is_counted_told_and_stored(line: Line, repository: Repository) -> None:
    line.deliver(packets_of())
    session_id = await line.gateway.close(ATHLETE)
    assert session_id is not None
    told = Counter(e["event"] for e in line.events("rep"))
    assert told["rep_committed"] == 4
    (done,) = repository.sets(session_id)
    assert (done["exercise"], done["rep_count"]) == ("hip_thrust", 4)
    assert line.events("alert") == []
    session = repository.session(session_id)
    assert session is not None
    assert session["started_at"].startswith("2026-01-01T00:00:00")
    assert {c["segment"] for c in session["calibrations"]} == {"pelvis", "thigh_right"}


async def test_a_lumbar_fault_is_told_while_it_happens_and_stored(line: Line, repository: Repository) -> None:
    line.deliver(packets_of(lumbar_deg=12.0))
    findings = [e["finding"] for e in line.events("alert") if e["event"] == "finding"]
    assert {f["kind"] for f in findings} == {"lumbar_extension"}
    session_id = await line.gateway.close(ATHLETE)
    (done,) = repository.sets(str(session_id))
    reps = repository.reps(done["id"])
    assert reps is not None
    loud = [{f["kind"] for f in rep["findings"] if f["severity"] != "info"} for rep in reps]
    assert loud == [{"lumbar_extension"}] * len(reps)


async def test_the_recording_holds_every_packet_as_it_came(line: Line, repository: Repository) -> None:
    packets = packets_of()
    line.deliver(packets)
    session = repository.session(str(await line.gateway.close(ATHLETE)))
    assert session is not None
    for file in session["recordings"]:
        expected = [p for p in packets if p.device_id == file["device_id"]]
        assert read_recording(file["path"]) == expected
        assert (file["profile"], file["profile_version"]) == ("movella_dot", 2)


async def test_a_crash_costs_nothing_that_was_committed(settings: Settings, repository: Repository) -> None:
    """A second gateway goes on where the first ended: same session, same count, nothing told twice."""
    packets = packets_of()
    cut = len(packets) * 45 // 100
    first = Line(settings, repository)
    first.deliver(packets[:cut])
    first.gateway.tick()
    before = first.gateway.sessions[ATHLETE]
    assert 0 < before.reps_counted < 4

    second = Line(settings, repository, Assignment())
    second.clock.now_s = packets[cut].arrival_s
    second.gateway.remember_assignments()
    await second.gateway.recover()
    after = second.gateway.sessions[ATHLETE]
    assert (after.facts.id, after.reps_counted) == (before.facts.id, before.reps_counted)
    assert second.heard == []

    second.deliver(packets[cut:])
    await second.gateway.close(ATHLETE)
    told = [e for e in (*first.events("rep"), *second.events("rep")) if e["event"] == "rep_committed"]
    assert [e["count"] for e in told] == [1, 2, 3, 4]
    (done,) = repository.sets(after.facts.id)
    assert done["rep_count"] == 4


async def test_a_session_left_open_long_ago_is_closed(settings: Settings, repository: Repository) -> None:
    packets = packets_of()
    first = Line(settings, repository)
    first.deliver(packets)
    first.gateway.tick()
    session_id = first.gateway.sessions[ATHLETE].facts.id

    later = Line(settings, repository, Assignment())
    later.clock.now_s = packets[-1].arrival_s + settings.reopen_within_s + 1.0
    await later.gateway.recover()
    assert later.gateway.sessions == {}
    session = repository.session(session_id)
    assert session is not None
    assert session["ended_at"] is not None
    assert sum(file["packets"] for file in session["recordings"]) == len(packets)


async def test_a_session_without_a_spool_is_closed(settings: Settings, repository: Repository) -> None:
    line = Line(settings, repository)
    line.deliver(packets_of()[:100])
    line.gateway.tick()
    for file in settings.spool_dir.iterdir():
        file.unlink()
    later = Line(settings, repository)
    await later.gateway.recover()
    assert repository.open_sessions() == []


def without(packets: tuple[Any, ...], device_id: str, start_s: float, end_s: float) -> list[Any]:
    """As if one sensor was silent in between."""
    gone = range(int(1000 * start_s), int(1000 * end_s))
    return [p for p in packets if p.device_id != device_id or int(1000 * (p.arrival_s - START_S)) not in gone]


@pytest.mark.parametrize("device_id", ["pelvis", "thigh_right"])
async def test_a_sensor_that_returns_costs_no_repetition_outside_its_gap(
    line: Line, repository: Repository, device_id: str
) -> None:
    """It is killed in the rest between two repetitions and comes back with its clock started anew."""
    packets = packets_of(reps=6)
    counted = Line(line.gateway._settings, repository)
    counted.deliver(packets)
    tops = [e["rep"] for e in counted.events("rep") if e["event"] == "rep_committed"]
    assert len(tops) == 6
    gap_start_s, gap_end_s = tops[2]["t_start_s"] + 0.2, tops[2]["t_end_s"] - 0.2
    outside = [r for r in tops if r["t_end_s"] < gap_start_s or r["t_start_s"] > gap_end_s]

    kept = without(packets, device_id, gap_start_s, gap_end_s)
    back = next(
        k for k, p in enumerate(kept) if p.device_id == device_id and p.arrival_s - START_S > gap_end_s
    )
    line.gateway.status(streaming(device_id))
    line.deliver(kept[:back])
    line.gateway.status(streaming(device_id))
    line.deliver(kept[back:])
    await line.gateway.close(ATHLETE)
    found = [e["rep"]["t_top_s"] for e in line.events("rep") if e["event"] == "rep_committed"]
    for rep in outside:
        assert min(abs(rep["t_top_s"] - t_s) for t_s in found) < 0.3
    assert len(found) in {5, 6}


def test_packets_of_nobody_are_counted(line: Line) -> None:
    line.gateway.assignment.sensors.clear()
    line.deliver(packets_of()[:10])
    assert line.gateway.packets_unassigned == 10
    assert line.gateway.sessions == {}


def test_without_a_pelvis_sensor_it_is_said_once(settings: Settings, repository: Repository) -> None:
    assignment = worn()
    del assignment.sensors["pelvis"]
    line = Line(settings, repository, assignment)
    line.deliver(packets_of()[:50])
    (alert,) = line.events("alert")
    assert alert["code"] == "no_session"
    assert "pelvis" in alert["message"]
    assert repository.open_sessions() == []


def test_a_full_disk_is_said_once_and_the_session_goes_on(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_spool: Spool, _packet: object) -> None:
        raise StorageError("spool/1.sqlite: raw packets cannot be written (disk full); free space")

    packets = packets_of()
    line.deliver(packets[:100])
    monkeypatch.setattr(Spool, "append", full)
    line.deliver(packets[100:])
    (alert,) = line.events("alert")
    assert alert["code"] == "storage_failed"
    assert "free space" in alert["message"]
    assert line.gateway.sessions[ATHLETE].reps_counted >= 3


async def test_a_reconnect_is_kept_with_the_packets_and_read_again(
    line: Line, repository: Repository
) -> None:
    packets = packets_of()
    line.gateway.status(streaming("pelvis"))
    line.deliver(packets[:400])
    line.gateway.status(streaming("pelvis", DeviceState.LOST))
    line.gateway.status(streaming("pelvis", DeviceState.CONNECTING))
    line.gateway.status(streaming("pelvis"))
    line.gateway.status(streaming("pelvis"))  # only its battery was read
    line.deliver(packets[400:])
    session = repository.session(str(await line.gateway.close(ATHLETE)))
    assert session is not None
    kept = [p for file in session["recordings"] for p in read_recording(file["path"])]
    assert [(p.device_id, p.payload) for p in kept if p.characteristic == RESTARTED] == [("pelvis", b"")]


async def test_another_mode_than_usual_is_kept_with_the_packets(line: Line, repository: Repository) -> None:
    thirty = configured(load("movella_dot"), values={"rate_hz": 30})
    for device_id in ("pelvis", "thigh_right"):
        line.gateway.status(replace(streaming(device_id), profile=thirty))
    line.deliver(packets_of()[:50])
    session = repository.session(str(await line.gateway.close(ATHLETE)))
    assert session is not None
    for file in session["recordings"]:
        first = read_recording(file["path"])[0]
        assert (first.characteristic, first.payload) == (
            CHOSEN,
            b'{"mode":"rate","values":{"rate_hz":30.0}}',
        )


def test_each_sensor_s_rate_and_loss_can_be_asked_for(line: Line) -> None:
    packets = packets_of()
    line.deliver([p for k, p in enumerate(packets) if p.device_id == "pelvis" or k % 5])
    session = line.gateway.sessions[ATHLETE]
    pelvis, thigh = (session.health(d, line.clock()) for d in ("pelvis", "thigh_right"))
    assert pelvis is not None
    assert thigh is not None
    assert pelvis.rate_hz == pytest.approx(60.0, abs=1.0)
    assert pelvis.reasons == ()
    assert thigh.loss > 0.05
    assert "of samples are lost (by device times)" in thigh.reasons[-1]


def test_frames_come_at_the_live_rate_with_the_angles_of_the_core(line: Line, settings: Settings) -> None:
    line.deliver(packets_of())
    frames = line.events("kinematics")
    steps = [b["t_s"] - a["t_s"] for a, b in pairwise(frames)]
    assert 0.03 < sum(steps) / len(steps) < 0.06
    signals = _signals_of(packets_of(), line.gateway.sessions[ATHLETE].facts, settings)
    t_s = np.concatenate([s.t_s for s in signals])
    for name in ("pelvis_tilt_deg", "thigh_pitch_right_deg", "hip_flexion_right_deg"):
        known = np.concatenate([s.get(name) for s in signals])
        told = [(f["t_s"], f[name]) for f in frames if name in f]
        assert len(told) > 100
        expected = [known[np.argmin(np.abs(t_s - at_s))] for at_s, _ in told]
        assert [value for _, value in told] == pytest.approx(expected, abs=0.006)


def _signals_of(packets: Iterable[RawPacket], facts: SessionFacts, settings: Settings) -> list[SignalBlock]:
    """What the core makes of all packets at once."""
    streams = {device: SensorStream(profile, device) for device, profile in facts.profiles.items()}
    for p in packets:
        streams[p.device_id].on_packet(p.characteristic, p.payload, p.arrival_s - facts.started_s)
    config = PipelineConfig(facts.segments, facts.exercise, rate_hz=settings.rate_hz)
    blocks = (stream.take() for stream in streams.values())
    output = MotionPipeline(config).update([block for block in blocks if block is not None])
    return [update.signals for update in output.updates]


def test_an_assignment_is_remembered(line: Line, settings: Settings, repository: Repository) -> None:
    for device_id in ("pelvis", "thigh_right"):
        line.gateway.status(streaming(device_id))
    line.deliver(packets_of()[:10])
    later = Line(settings, repository, Assignment(exercises={ATHLETE: "hip_thrust"}))
    later.gateway.remember_assignments()
    assert later.gateway.assignment.sensors == worn().sensors


async def test_a_screen_guides_through_the_running_session_and_its_result_is_kept(
    settings: Settings, repository: Repository
) -> None:
    line = Line(settings, repository, worn("squat_parallel"))
    packets = packets_of("squat_parallel", reps=5)
    begun = sum(p.arrival_s < START_S + 3.0 for p in packets)
    line.deliver(packets[:begun])
    with pytest.raises(InputError, match="wear a sensor on the thigh left too"):
        line.gateway.sessions[ATHLETE].begin_screen(screens.load("one_leg_stance"))
    line.gateway.sessions[ATHLETE].begin_screen(screens.load("hip_mobility_right"))
    line.deliver(packets[begun:])
    told = [e["event"] for e in line.events("screen")]
    assert (told[0], told[-1]) == ("screen_instruction", "screen_result")
    [kept] = repository.coaching.screens(ATHLETE, 10)
    assert kept["screen"] == "hip_mobility_right"
    assert kept["values"] == line.events("screen")[-1]["result"]["values"]
