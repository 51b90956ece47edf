"""Simulated sessions: repeatable, self-consistent, and refused where they make no sense."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from fusion import exercises
from fusion import quaternion as quat
from fusion.exercises.model import Exercise, Kind
from fusion.types import Segment
from fusion.units import STANDARD_GRAVITY_MS2
from simulator.athlete import Athlete
from simulator.body import place_segment
from simulator.cases import CASES, case_plan
from simulator.errors import SimulationError
from simulator.imu import Instants, exact_samples
from simulator.manner import Manner
from simulator.motion import Coordinate
from simulator.plan import SensorPlan, SetPlan
from simulator.recording import set_plan, simulate_recording
from simulator.session import SessionPlan, SimulatedSession, render
from simulator.subject import MODEL_SUBJECT
from simulator.truth import true_angles
from simulator.wearing import draw_mounting, sensor_orientation, sensor_position_m

ALL = tuple(Segment)


def one_set(exercise: str, reps: int = 2, seed: int = 5, **faults: float) -> SimulatedSession:
    """One set of the model person, who is exactly as the exercise's file says."""
    plan = SetPlan(exercise, reps, faults, manner=Manner(hold_s=6.0))
    return render(SessionPlan([plan], seed, subject=MODEL_SUBJECT, sensor=SensorPlan(rigid=True)))


def test_the_same_seed_gives_the_same_samples() -> None:
    plan = SessionPlan([SetPlan("rdl", 2)], seed=9)
    one, other = render(plan), render(plan)
    for segment in plan.segments:
        assert np.array_equal(one.sensors[segment].acc_ms2, other.sensors[segment].acc_ms2)
        assert np.array_equal(one.sensors[segment].gyr_rads, other.sensors[segment].gyr_rads)


def test_another_seed_gives_another_person() -> None:
    one, other = (render(SessionPlan([SetPlan("rdl", 2)], seed=s)) for s in (1, 2))
    assert one.sets[0].reps[0].t_top_s != other.sets[0].reps[0].t_top_s


@pytest.mark.parametrize("exercise", exercises.ids())
def test_every_movement_of_the_library_is_played_within_its_own_limits(exercise: str) -> None:
    """Finite, no faster than a body moves, and with the repetitions that were asked for."""
    session = one_set(exercise, 2)
    samples = session.sensors[Segment.THIGH_RIGHT]
    assert np.isfinite(samples.acc_ms2).all()
    assert np.degrees(np.abs(samples.gyr_rads).max()) < 1500.0
    strides = 2 if exercises.load(exercise).kind is Kind.STEP else 1
    assert len(session.sets[0].reps) == 2 * strides


COUNTED = {Kind.REP, Kind.SCREEN, Kind.EVENT}
FROM_POSE_TO_POSE = [i for i in exercises.ids() if exercises.load(i).kind in COUNTED]


@pytest.mark.parametrize("exercise", FROM_POSE_TO_POSE)
def test_a_repetition_passes_the_key_poses_of_its_file(exercise: str) -> None:
    model = exercises.load(exercise)
    session = one_set(exercise, 1)
    [rep] = session.sets[0].reps
    t_s = np.arange(rep.t_start_s, rep.t_end_s, 0.005)
    c = session.motion.at(t_s)
    seen = c[:, [Coordinate.PELVIS_TILT, Coordinate.THIGH_PITCH_RIGHT]]
    for phase in model.phases:
        pose = model.pose(phase.to)
        distance = np.linalg.norm(seen - (pose.pelvis_tilt_deg, pose.thigh_pitch_deg), axis=1)
        assert distance.min() < 1.0, pose.name


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(1, 2**31), exercise=st.sampled_from(exercises.ids()))
def test_whoever_it_is_hip_flexion_is_tilt_plus_pitch_and_the_motion_has_no_jumps(
    seed: int, exercise: str
) -> None:
    session = render(SessionPlan([SetPlan(exercise, 1, manner=Manner(hold_s=5.0))], seed, 60.0))
    t_s = np.arange(0.0, session.duration_s, 0.004)
    angles = true_angles(session.motion, t_s)
    upright = np.abs(angles["pelvis_list_deg"]) < 30.0
    total = angles["pelvis_tilt_deg"] + angles["thigh_pitch_right_deg"]
    assert angles["hip_flexion_right_deg"][upright] == pytest.approx(total[upright])
    placed = place_segment(session.motion, session.subject.build, Segment.PELVIS, t_s)
    assert np.degrees(quat.angle_rad(placed.q_eb[:-1], placed.q_eb[1:])).max() < 4.0
    assert np.linalg.norm(np.diff(placed.joint_m, axis=0), axis=1).max() < 0.05


@settings(max_examples=10)
@given(seed=st.integers(1, 2**31), exercise=st.sampled_from(exercises.ids()), segment=st.sampled_from(ALL))
def test_whoever_it_is_the_rate_is_that_of_the_orientation_and_the_force_that_of_the_path(
    seed: int, exercise: str, segment: Segment
) -> None:
    session = render(SessionPlan([SetPlan(exercise, 1)], seed, 100.0, segments=(segment,)))
    build, motion = session.subject.build, session.motion
    mounting = draw_mounting(segment, np.random.default_rng(seed), rigid=True)
    t_s = session.sensors[segment].t_s
    seen = exact_samples(Instants.of(motion, t_s), build, mounting)
    q_es = sensor_orientation(motion, build, mounting, t_s)
    q = q_es[0]
    for rate_rads in seen.gyr_rads[1:]:
        q = quat.multiply(q, quat.from_rotation_vector(rate_rads / 100.0))
    assert np.degrees(quat.angle_rad(q, q_es[-1])) < 0.01
    h = 2e-3
    before, at, after = (sensor_position_m(motion, build, mounting, t_s + k * h) for k in (-1, 0, 1))
    force_e_ms2 = (before - 2.0 * at + after) / h**2 + np.array([0.0, 0.0, STANDARD_GRAVITY_MS2])
    assert quat.rotate(q_es, seen.acc_ms2) == pytest.approx(force_e_ms2, abs=1e-5)


@settings(max_examples=10)
@given(seed=st.integers(1, 2**31), segment=st.sampled_from(ALL))
def test_whoever_stands_feels_g(seed: int, segment: Segment) -> None:
    session = render(SessionPlan([], seed, 100.0, segments=(segment,)))
    mounting = draw_mounting(segment, np.random.default_rng(seed))
    seen = exact_samples(
        Instants.of(session.motion, np.arange(1.0, 9.0, 0.01)), session.subject.build, mounting
    )
    force_ms2 = np.linalg.norm(seen.acc_ms2, axis=1)
    assert force_ms2.mean() == pytest.approx(STANDARD_GRAVITY_MS2, rel=1e-3)
    assert force_ms2 == pytest.approx(STANDARD_GRAVITY_MS2, rel=0.05)


def test_a_jump_flies_on_a_ballistic_path() -> None:
    session = one_set("broad_jump", 1)
    [rep] = session.sets[0].reps
    samples = session.sensors[Segment.PELVIS]
    off = rep.t_top_s + 0.1
    flying = (samples.t_s > off) & (samples.t_s < off + 0.12)
    hips = place_segment(session.motion, session.subject.build, Segment.PELVIS, samples.t_s[flying])
    fall = np.diff(hips.joint_m[:, 2], 2) * session.plan.rate_hz**2
    assert fall == pytest.approx(-9.80665, abs=1e-3)


def test_the_fault_is_in_the_pelvis_at_the_top_and_gone_at_the_bottom() -> None:
    good, bad = one_set("hip_thrust", 1), one_set("hip_thrust", 1, lumbar=10.0)
    [rep] = bad.sets[0].reps
    times = np.array([rep.t_start_s, rep.t_top_s, rep.t_end_s])
    extra = (
        true_angles(bad.motion, times)["pelvis_tilt_deg"] - true_angles(good.motion, times)["pelvis_tilt_deg"]
    )
    assert extra == pytest.approx([0.0, 10.0, 0.0], abs=1e-6)


def test_hips_that_stay_bent_never_open_further_before() -> None:
    [rep] = (bad := one_set("hip_thrust", 1, incomplete_lockout=25.0)).sets[0].reps
    lift = np.linspace(rep.t_start_s, rep.t_top_s, 60)
    flexion = true_angles(bad.motion, lift)["hip_flexion_right_deg"]
    assert (np.diff(flexion) < 0.1).all()


def test_a_trunk_that_folds_on_the_stairs_stays_folded() -> None:
    bad = one_set("stairs", 6, trunk_fold=20.0)
    middle = np.linspace(bad.sets[0].reps[2].t_start_s, bad.sets[0].reps[-3].t_end_s, 200)
    assert true_angles(bad.motion, middle)["pelvis_tilt_deg"].min() > 20.0


def test_a_drop_sinks_the_pelvis_and_leaves_the_thighs_where_they_are() -> None:
    good, bad = one_set("single_leg_squat", 1), one_set("single_leg_squat", 1, pelvic_drop=8.0)
    [rep] = bad.sets[0].reps
    turn = np.array([rep.t_start_s + 0.5 * (rep.t_end_s - rep.t_start_s)])
    good_c, bad_c = good.motion.at(turn)[0], bad.motion.at(turn)[0]
    sunk = bad_c[Coordinate.PELVIS_LIST] - good_c[Coordinate.PELVIS_LIST]
    assert sunk == pytest.approx(8.0, abs=0.5)
    assert bad_c[Coordinate.HIP_ADDUCTION_RIGHT] - good_c[Coordinate.HIP_ADDUCTION_RIGHT] == pytest.approx(
        sunk
    )


@pytest.mark.parametrize("case", CASES)
def test_every_case_is_a_session_with_truth_and_samples_in_order(case: str) -> None:
    session = render(case_plan(case, "lunge_forward", 3, reps=2 if case != "fifty_reps" else None))
    assert session.reps() or case == "start_mid_movement"
    for block in session.blocks().values():
        assert (np.diff(block.t_s) > 0.0).all()
        assert len(block) > 200


def test_partial_repetitions_are_said_to_be_partial() -> None:
    session = render(case_plan("partial_45", "squat_parallel", 4))
    assert [rep.full for rep in session.reps()] == [True, True, False, True, False, True]


def test_the_legs_stride_in_turn_and_a_sensor_sees_its_own() -> None:
    plan = SessionPlan([SetPlan("walk", 5)], 3, segments=(Segment.PELVIS, Segment.THIGH_RIGHT))
    session = render(plan)
    assert [rep.side.value for rep in session.sets[0].reps] == ["right", "left"] * 5
    assert {rep.side.value for rep in session.reps()} == {"right"}


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        (SessionPlan([SetPlan("rdl", 2, {"lumbar": 90.0})], seed=1), "lumbar=90: allowed are -45 to 45 deg"),
        (SessionPlan([SetPlan("rdl", 2, {"knee": 3.0})], seed=1), "fault 'knee': must be one of lumbar"),
        (SessionPlan([SetPlan("rdl", 2)], seed=1, rate_hz=1.0), "allowed are 5 to 2000 Hz"),
        (SessionPlan([SetPlan("rdl", 2000)], seed=1), "reps 2000: allowed are 0 to 1000"),
        (
            SessionPlan([SetPlan("rdl", 2, manner=Manner(tempo=0.0))], seed=1),
            "tempo 0: allowed are 0.1 to 10",
        ),
        (
            SessionPlan([SetPlan("rdl", 2)], seed=1, rate_hz=61.0, sensor=SensorPlan("movella_dot")),
            "rate 61 Hz: a movella_dot offers 1, 4, 10, 12, 15, 20, 30, 60, 120 Hz",
        ),
        (SessionPlan([SetPlan("rdl", 2)], seed=1, sensor=SensorPlan("toy")), "sensor 'toy': must be one of"),
        (SessionPlan([SetPlan("rdl", before=("dance 3",))], seed=1), "activity 'dance 3': must be one of"),
    ],
)
def test_what_cannot_be_simulated_is_refused(plan: SessionPlan, message: str) -> None:
    with pytest.raises(SimulationError, match=message):
        render(plan)


def test_an_impossible_pose_names_file_pose_and_range(impossible: Exercise) -> None:
    with pytest.raises(
        SimulationError, match=r"rdl: pose bottom: hip flexion .* 205 is allowed from -60 to 165"
    ):
        Athlete(MODEL_SUBJECT, np.random.default_rng(1)).perform(impossible, 1)


@pytest.fixture
def impossible() -> Exercise:
    """A Romanian deadlift that folds a person backwards."""
    model = exercises.load("rdl")
    bent = replace(model.poses[1], pelvis_tilt_deg=105.0, thigh_pitch_deg=100.0)
    return replace(model, poses=(model.poses[0], bent))


def test_a_recording_has_sensors_and_truth(tmp_path: Path) -> None:
    session = simulate_recording(set_plan("hip_thrust", 3, faults=["lumbar=12"], seed=2), tmp_path)
    truth = json.loads((tmp_path / "truth.json").read_text())
    assert truth["seed"] == 2
    assert [r["faults"] for r in truth["sets"][0]["reps"]] == [{"lumbar": 12.0}] * 3
    assert truth["sets"][0]["reps"][0]["rom_deg"] > 60.0
    assert truth["sensors"]["pelvis"]["segment"] == "pelvis"
    header, *rows = (tmp_path / "truth.csv").read_text().splitlines()
    assert header.startswith("t_s,pelvis_tilt_deg,pelvis_list_deg,thigh_pitch_right_deg")
    assert len(rows) == len(session.sensors[Segment.PELVIS].t_s)


@pytest.mark.parametrize("fault", ["lumbar", "lumbar=much", "knee=3"])
def test_a_fault_that_is_not_one_is_refused(tmp_path: Path, fault: str) -> None:
    with pytest.raises(SimulationError, match="fault"):
        simulate_recording(set_plan("rdl", 1, faults=[fault]), tmp_path)
