"""From samples to angles, repetitions and findings, against the simulator's truth."""

import numpy as np
import pytest

from fusion import quaternion as quat
from fusion.analysis import analyze
from fusion.errors import CalibrationError, InputError
from fusion.pipeline import MotionPipeline, PipelineConfig
from fusion.types import (
    CalibrationEvent,
    FindingEvent,
    ImuBlock,
    RepEventKind,
    Segment,
    Severity,
    WarningEvent,
)
from simulator.plan import SetPlan
from simulator.session import SessionPlan, render
from tests.fusion.people import (
    blocks_of,
    closed_sets,
    config_for,
    cut,
    rep_events,
    rmse_deg,
    run,
    session_of,
    signal,
)

EXERCISES = ["hip_thrust", "glute_bridge", "squat_parallel", "deadlift", "rdl"]


@pytest.mark.parametrize("exercise", EXERCISES)
def test_a_set_after_a_walk_is_counted_exactly(exercise: str) -> None:
    session = session_of(exercise, reps=5, walk_s=8.0)
    output = run(blocks_of(session), config_for(exercise))
    [done] = closed_sets(output)
    truth = session.sets[0].reps
    assert len(done.reps) == len(truth)
    assert all(rep.full for rep in done.reps)
    for seen, true in zip(done.reps, truth, strict=True):
        assert seen.t_top_s == pytest.approx(true.t_top_s, abs=0.3)
    assert rmse_deg(output, session, "pelvis_tilt_deg") <= 2.0
    assert rmse_deg(output, session, "hip_flexion_right_deg") <= 3.0


@pytest.mark.parametrize("exercise", EXERCISES)
def test_a_lumbar_fault_of_12_degrees_is_found_in_every_repetition(exercise: str) -> None:
    output = run(blocks_of(session_of(exercise, lumbar_deg=12.0)), config_for(exercise))
    [done] = closed_sets(output)
    kinds = [{f.kind for f in rep.findings} for rep in done.reps]
    assert all("lumbar_extension" in found for found in kinds)
    assert any(isinstance(e, FindingEvent) for e in output.events)


@pytest.mark.parametrize("exercise", EXERCISES)
def test_good_form_raises_no_lumbar_finding(exercise: str) -> None:
    output = run(blocks_of(session_of(exercise)), config_for(exercise))
    [done] = closed_sets(output)
    assert not [f for rep in done.reps for f in rep.findings if f.kind == "lumbar_extension"]
    assert not [
        e for e in output.events if isinstance(e, FindingEvent) and e.finding.severity is Severity.FAIL
    ]


def test_walking_alone_counts_nothing() -> None:
    session = render(SessionPlan([SetPlan("squat_parallel", 0, walk_s=60.0)], seed=3))
    assert not closed_sets(run(blocks_of(session), config_for("squat_parallel")))


def test_any_splitting_gives_the_same_angles_and_events() -> None:
    blocks = blocks_of(session_of("hip_thrust", reps=3))
    one, other = (run(blocks, config_for("hip_thrust"), size) for size in (3, 37))
    assert list(map(repr, one.events)) == list(map(repr, other.events))
    for name in ("pelvis_tilt_deg", "hip_flexion_right_deg"):
        assert np.array_equal(signal(one, name)[1], signal(other, name)[1], equal_nan=True)


def test_turning_the_whole_world_changes_no_sagittal_angle() -> None:
    session = session_of("hip_thrust", reps=2)
    blocks = blocks_of(session)
    turn = quat.from_rotation_vector([0.7, -1.1, 2.0])

    def mounted_otherwise(block: ImuBlock) -> ImuBlock:
        acc, gyr = quat.rotate(turn, block.acc_ms2), quat.rotate(turn, block.gyr_rads)
        return ImuBlock(block.device_id, 0, block.t_s, acc, gyr, None, block.quality)

    here = run(blocks, config_for("hip_thrust"))
    there = run({d: mounted_otherwise(b) for d, b in blocks.items()}, config_for("hip_thrust"))
    names = ("pelvis_tilt_deg", "pelvis_list_deg", "thigh_pitch_right_deg", "hip_flexion_right_deg")
    for name in names:
        assert signal(there, name)[1] == pytest.approx(signal(here, name)[1], abs=0.01)


def test_the_first_repetition_counts_although_the_axis_was_learnt_on_the_way() -> None:
    session = session_of("squat_parallel", reps=3)
    output = run(blocks_of(session), config_for("squat_parallel"))
    calibrated = [e for e in output.events if isinstance(e, CalibrationEvent)]
    assert calibrated[0].t_s > session.sets[0].reps[0].t_start_s
    assert len(closed_sets(output)[0].reps) == 3


def test_a_repetition_is_announced_at_lockout_and_committed_on_return() -> None:
    session = session_of("hip_thrust", reps=3)
    output = run(blocks_of(session), config_for("hip_thrust"))
    announced = rep_events(output, RepEventKind.PROVISIONAL)
    committed = rep_events(output, RepEventKind.COMMITTED)
    for first, last, true in zip(announced, committed, session.sets[0].reps, strict=True):
        assert true.t_top_s - 0.2 <= first.t_s <= true.t_top_s + 0.35
        assert first.t_s < last.t_s <= true.t_end_s + 0.4


def test_a_gap_in_the_middle_costs_only_confidence() -> None:
    session = session_of("hip_thrust", reps=4)
    blocks = blocks_of(session)
    hurt = blocks["pelvis"]
    middle = session.sets[0].reps[1].t_start_s + 0.3
    keep = (hurt.t_s < middle) | (hurt.t_s > middle + 0.3)
    blocks["pelvis"] = ImuBlock(
        hurt.device_id, 0, hurt.t_s[keep], hurt.acc_ms2[keep], hurt.gyr_rads[keep], None, hurt.quality[keep]
    )
    analysis = analyze(blocks, config_for("hip_thrust"))
    [done] = analysis.sets
    assert len(done.reps) == 4
    assert analysis.gaps == 1
    assert done.reps[1].confidence < 1.0


def test_without_a_stand_nothing_is_claimed() -> None:
    blocks = blocks_of(session_of("hip_thrust", reps=2))
    pipeline = MotionPipeline(config_for("hip_thrust"))
    output = pipeline.update([cut(block, 300, 600) for block in blocks.values()])
    assert not output.updates
    with pytest.raises(CalibrationError, match="no still stand of 3 s"):
        pipeline.require_calibration()


def test_a_silent_sensor_is_named() -> None:
    blocks = blocks_of(session_of("hip_thrust", reps=1))
    pipeline = MotionPipeline(config_for("hip_thrust"))
    events = pipeline.update([blocks["pelvis"], cut(blocks["thigh_right"], 0, 300)]).events
    [warning] = [e for e in events if isinstance(e, WarningEvent)]
    assert warning.segment is Segment.THIGH_RIGHT
    assert "charged, in range" in warning.message


@pytest.mark.parametrize(
    ("segments", "message"),
    [
        ({"a": Segment.THIGH_RIGHT}, "no sensor on the pelvis"),
        ({"a": Segment.PELVIS}, "no sensor on a thigh"),
        ({"a": Segment.PELVIS, "b": Segment.PELVIS}, "two sensors on one segment"),
    ],
)
def test_what_cannot_work_is_refused(segments: dict[str, Segment], message: str) -> None:
    with pytest.raises(InputError, match=message):
        PipelineConfig(segments, "hip_thrust")
