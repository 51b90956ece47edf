"""Repetitions of every exercise of the library, whatever is done around them."""

from typing import Any

import numpy as np
import pytest

from fusion import exercises
from fusion.exercises.model import Kind
from fusion.types import RepEvent, RepEventKind, SetEvent, Side, SignalBlock, Verdict, WarningEvent
from tests.fusion.movement.played import BOTH, RATE_HZ, Player, reps_of, session_of, sets_of, told

REPEATED = [
    i
    for i in exercises.ids()
    if exercises.load(i).kind in {Kind.REP, Kind.EVENT, Kind.SCREEN} and i != "leg_curl"
]


@pytest.mark.parametrize("exercise_id", REPEATED)
def test_a_set_between_walks_is_counted_exactly(exercise_id: str) -> None:
    played = session_of(exercise_id)
    found = reps_of(told(exercise_id, played.signals()))
    assert len(found) == len(played.reps)
    assert all(rep.full for rep in found)
    if exercises.load(exercise_id).kind is Kind.EVENT:
        return  # a jump ends with the landing, which is none of its repetition
    for seen, true in zip(found, played.reps, strict=True):
        assert seen.t_top_s == pytest.approx(true.t_top_s, abs=0.3)


@pytest.mark.parametrize("exercise_id", ["hip_thrust", "squat_parallel", "bird_dog_band"])
@pytest.mark.parametrize(
    "how",
    [{"tempo": 0.35}, {"tempo": 5.0}, {"pause_s": 3.0}, {"shares": (1.0, 0.8)}],
    ids=["fast", "slow", "pause", "uneven"],
)
def test_tempo_and_pauses_change_no_count(exercise_id: str, how: dict[str, Any]) -> None:
    played = session_of(exercise_id, **how)
    assert len(reps_of(told(exercise_id, played.signals()))) == 5


@pytest.mark.parametrize("share", [0.35, 0.45, 0.6])
def test_partial_repetitions_are_told_from_full_ones(share: float) -> None:
    played = session_of("squat_parallel", reps=6, shares=(1.0, 1.0, share, 1.0, share, 1.0))
    verdicts = [rep.verdict for rep in reps_of(told("squat_parallel", played.signals()))]
    full, partial = Verdict.FULL, Verdict.PARTIAL
    assert verdicts == [full, full, partial, full, partial, full]


@pytest.mark.parametrize("exercise_id", ["hip_thrust", "squat_deep", "clamshell", "lunge_forward"])
def test_any_splitting_gives_the_same_events(exercise_id: str) -> None:
    signals = session_of(exercise_id, reps=3).signals(BOTH)
    whole, pieces = told(exercise_id, signals, len(signals)), told(exercise_id, signals, 7)
    assert list(map(repr, whole)) == list(map(repr, pieces))


def test_legs_in_turn_are_both_counted_with_their_side() -> None:
    played = session_of("kickback_quadruped", reps=6, sides=BOTH)
    found = reps_of(told("kickback_quadruped", played.signals(BOTH)))
    assert [rep.side for rep in found] == [rep.side for rep in played.reps]


def test_a_sensor_on_the_leg_that_does_not_work_is_said_and_the_count_goes_on() -> None:
    played = session_of("sl_hip_thrust", sides=(Side.LEFT,))
    events = told("sl_hip_thrust", played.signals((Side.RIGHT,)))
    assert len(reps_of(events)) == 5
    [warning] = [e for e in events if isinstance(e, WarningEvent)]
    assert warning.code == "thigh_on_free_leg"
    assert "the left leg works but the sensor is on the right thigh" in warning.message


def test_what_the_worn_sensors_cannot_see_is_said_once() -> None:
    events = told("leg_curl", Player(t_s=[0.0, 9.0], rows=[np.zeros(8)] * 2).signals())
    [warning] = events
    assert isinstance(warning, WarningEvent)
    assert "not seen without a sensor on the shank" in warning.message


def test_a_jump_and_its_landing_are_one_repetition() -> None:
    found = reps_of(told("broad_jump", session_of("broad_jump", reps=3).signals()))
    assert len(found) == 3


def test_a_long_gap_makes_a_repetition_doubtful_and_voids_its_tempo() -> None:
    played = session_of("hip_thrust", reps=4)
    signals = played.signals()
    hurt = (signals.t_s > played.reps[1].t_start_s + 0.2) & (signals.t_s < played.reps[1].t_start_s + 0.9)
    values = signals.values.copy()
    values[:, hurt] = np.nan
    found = reps_of(told("hip_thrust", SignalBlock(signals.t_s, RATE_HZ, signals.names, values, signals.sd)))
    assert [rep.verdict for rep in found] == [
        Verdict.FULL,
        Verdict.DOUBTFUL,
        Verdict.FULL,
        Verdict.FULL,
    ]
    assert np.isnan(found[1].tempo_s).all()


def test_a_repetition_is_announced_within_150_ms_of_its_lockout_being_certain() -> None:
    played = session_of("hip_thrust", reps=4)
    announced = [
        e
        for e in told("hip_thrust", played.signals(), 1)
        if isinstance(e, RepEvent) and e.kind is RepEventKind.PROVISIONAL
    ]
    assert len(announced) == 4
    for event, true in zip(announced, played.reps, strict=True):
        assert event.t_s - true.t_top_s <= 0.15


def _slipped(signals: SignalBlock, at_s: float, by_deg: float) -> SignalBlock:
    """The same with the right thigh's sensor turned on the leg from ``at_s`` on."""
    values = signals.values.copy()
    for name in ("thigh_pitch_right_deg", "hip_flexion_right_deg"):
        values[signals.names.index(name), signals.t_s >= at_s] += by_deg
    return SignalBlock(signals.t_s, RATE_HZ, signals.names, values, signals.sd)


@pytest.mark.parametrize("exercise_id", ["squat_parallel", "glute_bridge", "rdl", "tricep_dip_test"])
@pytest.mark.parametrize("by_deg", [-15.0, 15.0])
@pytest.mark.parametrize("share", [0.02, 0.5, 0.98], ids=["before", "within", "after"])
def test_a_slip_within_a_set_shifts_extremes_and_costs_no_repetition(
    exercise_id: str, by_deg: float, share: float
) -> None:
    played = session_of(exercise_id, reps=6)
    third = played.reps[2]
    at_s = third.t_start_s + share * (third.t_end_s - third.t_start_s)
    found = reps_of(told(exercise_id, _slipped(played.signals(), at_s, by_deg)))
    assert len(found) == 6
    # Of those that it happens in, or just before, it cannot be known how far they went.
    assert all(rep.full for k, rep in enumerate(found) if k not in {2, 3})


def test_bending_for_something_and_walking_on_is_no_repetition() -> None:
    player = Player()
    player.stay(3.0)
    for _ in range(3):
        player.to(1.2, np.array([60.0, 0, 20.0, 20.0, 0, 0, 0, 0]))
        player.stay(0.5)
        player.to(1.2, np.zeros(8))
        player.walk(5.0)
    player.stay(2.0)
    player.perform(exercises.load("rdl"), 4)
    player.stand(12.0)
    assert len(reps_of(told("rdl", player.signals()))) == 4


def test_picking_up_and_putting_down_the_weight_is_no_repetition() -> None:
    bend = np.array([57.0, 0.0, 36.0, 36.0, 0.0, 0.0, 0.0, 0.0])
    player = Player()
    player.stay(3.0)
    player.to(0.9, bend)
    player.stay(1.2)
    player.stand(4.0)
    player.perform(exercises.load("rdl"), 6)
    player.to(0.9, bend)
    player.stay(1.2)
    player.stand(14.0)
    found = reps_of(told("rdl", player.signals()))
    assert [r.t_top_s for r in found] == pytest.approx([r.t_top_s for r in player.reps], abs=0.3)


def test_standing_about_between_two_sets_is_no_repetition() -> None:
    player = Player()
    player.stay(3.0)
    for _ in range(2):
        player.perform(exercises.load("deadlift"), 3)
        player.stay(8.0)
    player.stand(12.0)
    assert len(reps_of(told("deadlift", player.signals()))) == 6


def test_walking_sitting_and_lying_count_nothing() -> None:
    player = Player()
    player.stay(3.0)
    for _ in range(3):
        player.walk(12.0)
        player.to(2.0, np.array([-10.0, 0, 88.0, 88.0, 0, 0, 0, 0]))
        player.stay(8.0)
        player.stand(2.0)
        player.to(3.0, np.array([-90.0, 0, 90.0, 90.0, 0, 0, 0, 0]))
        player.stay(8.0)
        player.stand(2.0)
    signals = player.signals()
    for exercise_id in (
        "squat_parallel",
        "hip_thrust",
        "deadlift",
        "rdl",
        "front_leg_raise",
        "kickback_standing",
    ):
        assert not reps_of(told(exercise_id, signals)), exercise_id


def test_the_arched_walk_is_found_by_its_bouts() -> None:
    player = Player()
    player.stay(3.0)
    for _ in range(2):
        player.walk(15.0)
        player.to(1.0, np.array([12.0, 0, 0, 0, 0, 0, 0, 0]))
        player.walk(15.0)
        player.to(1.0, np.zeros(8))
    player.walk(10.0)
    player.stand(20.0)
    assert len(reps_of(told("neutral_vs_arched_walk", player.signals()))) == 2


def test_strides_of_the_other_gaits_are_not_taken_for_steps() -> None:
    player = Player()
    player.stay(3.0)
    player.walk(20.0)
    player.stand(12.0)
    signals = player.signals()
    assert len(reps_of(told("walk", signals))) == pytest.approx(18, abs=2)
    for exercise_id in ("run", "sprint", "stairs", "sled", "monster_walk", "sumo_walk", "bounds"):
        assert not reps_of(told(exercise_id, signals)), exercise_id


def test_a_set_begun_within_a_repetition_counts_what_follows() -> None:
    signals = session_of("hip_thrust", reps=4).signals()
    played = session_of("hip_thrust", reps=4)
    late = signals.t_s > played.reps[0].t_top_s + 0.1
    rest = SignalBlock(
        signals.t_s[late], RATE_HZ, signals.names, signals.values[:, late], signals.sd[:, late]
    )
    events = told("hip_thrust", rest)
    assert len(reps_of(events)) == 3
    assert [e.code for e in events if isinstance(e, WarningEvent)] == ["set_begun_mid_rep"]


@pytest.mark.parametrize("exercise_id", ["rdl", "hip_thrust", "side_lying_abduction"])
@pytest.mark.parametrize("share", [0.15, 0.5])
def test_a_repetition_under_way_at_the_first_sample_is_not_counted(exercise_id: str, share: float) -> None:
    played = session_of(exercise_id, reps=4)
    signals, first = played.signals(), played.reps[0]
    turn_s = first.t_top_s if exercises.load(exercise_id).lifts_first else first.t_start_s + 1.5
    late = signals.t_s > first.t_start_s + share * (turn_s - first.t_start_s)
    rest = SignalBlock(
        signals.t_s[late], RATE_HZ, signals.names, signals.values[:, late], signals.sd[:, late]
    )
    events = told(exercise_id, rest)
    assert [r.t_top_s for r in reps_of(events)] == pytest.approx(
        [r.t_top_s for r in played.reps[1:]], abs=0.3
    )
    assert "set_begun_mid_rep" in [e.code for e in events if isinstance(e, WarningEvent)]


def test_sets_open_at_the_second_repetition_and_know_the_rest_before_them() -> None:
    player = Player()
    player.stay(3.0)
    for _ in range(2):
        player.perform(exercises.load("squat_parallel"), 3)
        player.stay(20.0)
    events = told("squat_parallel", player.signals())
    first, second = sets_of(events)
    assert [len(s.reps) for s in (first, second)] == [3, 3]
    assert first.rest_before_s is None
    assert second.rest_before_s == pytest.approx(player.reps[3].t_start_s - player.reps[2].t_end_s, abs=0.4)
    opened = [e for e in events if isinstance(e, SetEvent) and not e.closed]
    assert [len(e.summary.reps) for e in opened] == [2, 2]


def test_climbing_stairs_is_no_step_up() -> None:
    player = Player()
    player.stay(3.0)
    for _ in range(8):
        player.to(0.65, np.array([6.0, 0, 55.0, 0.0, 0, 0, 0, 0]))
        player.to(0.65, np.array([6.0, 0, 0.0, 55.0, 0, 0, 0, 0]))
    player.stand(12.0)
    assert not reps_of(told("step_up", player.signals()))


def test_a_step_up_is_counted_once_by_the_sensor_of_the_leg_that_trails() -> None:
    played = session_of("step_up", sides=(Side.LEFT,))
    found = reps_of(told("step_up", played.signals((Side.RIGHT,))))
    assert [rep.side for rep in found] == [Side.LEFT] * len(played.reps)


def test_a_leg_that_changes_place_while_the_other_one_works_adds_no_repetition() -> None:
    player = Player()
    exercise = exercises.load("step_up")
    player.stay(3.0)
    for side in (Side.RIGHT, Side.LEFT, Side.RIGHT, Side.LEFT, Side.RIGHT):
        rest, top = (player._row(exercise, pose, side) for pose in exercise.poses)
        player.to(1.6, rest)
        player.stay(0.6)
        player.to(0.9, top)
        player.stay(0.3)
        player.to(1.0, rest)
        player.stay(0.5)
    player.stand(12.0)
    found = reps_of(told("step_up", player.signals(BOTH)))
    assert [rep.side for rep in found] == [Side.RIGHT, Side.LEFT, Side.RIGHT, Side.LEFT, Side.RIGHT]


def test_a_leg_whose_repetitions_no_sensor_shows_is_named() -> None:
    played = session_of("clamshell")
    warnings = [e for e in told("clamshell", played.signals()) if isinstance(e, WarningEvent)]
    assert [w.code for w in warnings] == ["leg_not_seen"]
    assert "left leg" in warnings[0].message
    assert not [e for e in told("clamshell", played.signals(BOTH)) if isinstance(e, WarningEvent)]
