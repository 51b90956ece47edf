"""A silent sensor costs no repetition that was seen, and what nobody saw is said and not counted."""

from dataclasses import replace

import numpy as np
import pytest

from fusion import exercises
from fusion.history import heard_samples
from fusion.movement.analyzer import MovementAnalyzer
from fusion.movement.bridging import SilenceBridge
from fusion.movement.legs import driven_angles
from fusion.types import Event, RepSummary, SetEvent, Side, SignalBlock, Verdict, WarningEvent
from tests.fusion.movement.played import RATE_HZ, Player, reps_of, session_of, told

_PELVIS, _THIGH = ("pelvis_",), ("thigh_",)
_JOINT = ("hip_",)


def _silent(signals: SignalBlock, from_s: float, to_s: float, sensors: tuple[str, ...]) -> SignalBlock:
    """The same while the sensors of ``sensors`` say nothing: neither does any joint between them."""
    values, sd = signals.values.copy(), signals.sd.copy()
    rows = np.array([name.startswith(sensors + _JOINT) for name in signals.names])
    cells = np.ix_(rows, (signals.t_s >= from_s) & (signals.t_s < to_s))
    values[cells], sd[cells] = np.nan, np.inf
    return SignalBlock(signals.t_s, RATE_HZ, signals.names, values, sd)


def _codes(events: list[Event]) -> list[str]:
    return [e.code for e in events if isinstance(e, WarningEvent)]


def _set_of(exercise_id: str) -> tuple[Player, SignalBlock]:
    played = session_of(exercise_id, reps=6)
    return played, played.signals()


@pytest.mark.parametrize(
    ("exercise_id", "sensors"),
    [
        ("squat_parallel", _PELVIS),
        ("lunge_forward", _PELVIS),
        ("hip_thrust", _PELVIS),
        ("hip_thrust", _THIGH),
        ("deadlift", _PELVIS),
        ("deadlift", _THIGH),
        ("rdl", _THIGH),
        ("clamshell", _PELVIS),
    ],
)
def test_what_the_other_sensor_shows_is_counted(exercise_id: str, sensors: tuple[str, ...]) -> None:
    played, signals = _set_of(exercise_id)
    from_s = played.reps[2].t_start_s + 0.3
    found = reps_of(told(exercise_id, _silent(signals, from_s, from_s + 5.0, sensors)))
    assert [rep.full for rep in found] == [True] * 6
    hurt = [rep for rep in found if rep.t_start_s < from_s + 5.0 and rep.t_end_s > from_s]
    assert hurt
    assert all(rep.confidence < 1.0 and not rep.quality for rep in hurt)


@pytest.mark.parametrize("exercise_id", ["squat_parallel", "hip_thrust", "rdl", "tricep_dip_test"])
@pytest.mark.parametrize("share", [0.05, 0.3, 0.55, 0.8])
def test_a_second_of_silence_is_gone_across_along_the_usual_repetition(
    exercise_id: str, share: float
) -> None:
    played, signals = _set_of(exercise_id)
    third = played.reps[2]
    from_s = third.t_start_s + share * (third.t_end_s - third.t_start_s)
    found = reps_of(told(exercise_id, _silent(signals, from_s, from_s + 1.0, _PELVIS + _THIGH)))
    assert len(found) == 6
    assert all(rep.full for rep in found)


@pytest.mark.parametrize("exercise_id", ["squat_parallel", "glute_bridge", "front_leg_raise"])
@pytest.mark.parametrize("sensors", [_PELVIS, _THIGH, _PELVIS + _THIGH])
def test_bursts_that_a_radio_loses_make_no_turning_points(exercise_id: str, sensors: tuple[str, ...]) -> None:
    played, signals = _set_of(exercise_id)
    hurt = signals
    for from_s in np.arange(played.reps[0].t_start_s - 3.0, signals.t_s[-1], 0.83):
        hurt = _silent(hurt, from_s, from_s + 0.13, sensors)
    found = reps_of(told(exercise_id, hurt))
    assert [rep.full for rep in found] == [True] * 6
    assert [rep.t_top_s for rep in found] == pytest.approx([rep.t_top_s for rep in played.reps], abs=0.15)


def test_across_a_burst_an_angle_goes_on_as_it_went() -> None:
    played, signals = _set_of("squat_parallel")
    squat = exercises.load("squat_parallel")
    from_s = played.reps[1].t_start_s + 0.6
    hurt = _silent(signals, from_s, from_s + 0.14, _THIGH)
    bridge = SilenceBridge(squat, driven_angles(squat, Side.RIGHT, signals.names)[0], signals.names, RATE_HZ)
    pieces = list(bridge.pieces(hurt))
    row = signals.names.index("thigh_pitch_right_deg")
    values = np.concatenate([p.values[row] for p in pieces])
    sd = np.concatenate([p.sd[row] for p in pieces])
    gone = np.isnan(hurt.values[row])
    assert gone.any()
    assert np.abs(values - signals.values[row])[gone].max() < 1.0
    assert np.isfinite(sd[gone]).all()


def test_strides_are_counted_through_a_silence_that_begins_and_ends_in_them() -> None:
    player = Player()
    player.stay(3.0)
    player.walk(16.0)
    player.stand(12.0)
    signals = player.signals()
    heard = reps_of(told("walk", signals))
    hurt = _silent(signals, 9.0, 11.3, _PELVIS + _THIGH)
    assert len(reps_of(told("walk", hurt))) == len(heard)


def test_a_set_is_not_split_by_silence_and_what_nobody_saw_is_said() -> None:
    played, signals = _set_of("hip_thrust")
    from_s, to_s = played.reps[2].t_start_s - 0.1, played.reps[4].t_start_s - 0.1
    events = told("hip_thrust", _silent(signals, from_s, to_s, _PELVIS + _THIGH))
    closed = [e.summary for e in events if isinstance(e, SetEvent) and e.closed]
    assert [len(done.reps) for done in closed] == [4]
    assert "rep_hidden" in _codes(events)


def test_one_whose_start_and_end_were_seen_is_counted_and_doubtful() -> None:
    played, signals = _set_of("hip_thrust")
    third = played.reps[2]
    hurt = _silent(signals, third.t_start_s + 0.7, third.t_start_s + 2.2, _PELVIS + _THIGH)
    found = reps_of(told("hip_thrust", hurt))
    assert [rep.verdict for rep in found].count(Verdict.DOUBTFUL) == 1
    assert found[2].verdict is Verdict.DOUBTFUL
    assert _not_judged(found[2])


def _not_judged(rep: RepSummary) -> bool:
    return bool(np.isnan(rep.tempo_s).all()) and not rep.quality


def test_the_tempo_is_learnt_from_what_one_sensor_showed() -> None:
    played, signals = _set_of("deadlift")
    early = _silent(signals, played.reps[0].t_start_s - 1.0, played.reps[2].t_start_s, _THIGH)
    third = played.reps[2]
    hurt = _silent(early, third.t_start_s + 0.4, played.reps[3].t_end_s - 0.6, _PELVIS + _THIGH)
    found = reps_of(told("deadlift", hurt))
    assert [rep.t_top_s for rep in found] == pytest.approx([rep.t_top_s for rep in played.reps], abs=0.3)


def test_a_sensor_that_goes_on_tells_that_repetitions_did() -> None:
    played, signals = _set_of("sit_to_stand")
    from_s, to_s = played.reps[2].t_start_s - 0.1, played.reps[4].t_start_s - 0.1
    rested = signals.values.copy()
    still = (signals.t_s >= from_s) & (signals.t_s < to_s)
    rested[:, still] = rested[:, np.flatnonzero(still)[:1]]
    went_on = reps_of(told("sit_to_stand", _silent(signals, from_s, to_s, _THIGH)))
    stayed = replace(signals, values=rested)
    assert len(went_on) == 6
    assert len(reps_of(told("sit_to_stand", _silent(stayed, from_s, to_s, _THIGH)))) == 4


def test_what_a_recording_teaches_holds_from_its_beginning_in_a_second_look() -> None:
    played, signals = _set_of("squat_parallel")
    squat = exercises.load("squat_parallel")
    first, third = played.reps[0], played.reps[2]
    hurt = _silent(signals, first.t_start_s + 0.3, third.t_start_s + 0.5, _PELVIS + _THIGH)
    early = MovementAnalyzer(squat, Side.RIGHT, RATE_HZ)
    seen = len(reps_of([*early.update(hurt), *early.flush()]))
    again = MovementAnalyzer(squat, Side.RIGHT, RATE_HZ, usual=early.learnt_late)
    assert seen < len(reps_of([*again.update(hurt), *again.flush()])) == 6


def test_a_sensor_that_comes_back_while_the_other_goes_silent_makes_no_turning_point() -> None:
    played, signals = _set_of("squat_parallel")
    third = played.reps[2]
    off = signals.values.copy()
    back_s = third.t_start_s + 1.0
    row = signals.names.index("thigh_pitch_right_deg")
    settling = (signals.t_s >= back_s) & (signals.t_s < back_s + 1.0)
    off[row, settling] -= 20.0 * (1.0 - (signals.t_s[settling] - back_s))
    hurt = _silent(replace(signals, values=off), third.t_start_s + 0.1, back_s, _THIGH)
    hurt = _silent(hurt, back_s + 0.1, back_s + 1.1, _PELVIS)
    assert len(reps_of(told("squat_parallel", hurt))) == 6


def test_of_a_long_silence_nothing_is_implied() -> None:
    played, signals = _set_of("squat_parallel")
    from_s = played.reps[2].t_start_s
    player_end = _silent(signals, from_s, from_s + 25.0, _PELVIS + _THIGH)
    assert "rep_hidden" not in _codes(told("squat_parallel", player_end))


@pytest.mark.parametrize("exercise_id", ["squat_parallel", "hip_thrust", "clamshell"])
@pytest.mark.parametrize("sensors", [_PELVIS, _THIGH, _PELVIS + _THIGH])
def test_any_splitting_gives_the_same_events(exercise_id: str, sensors: tuple[str, ...]) -> None:
    played, signals = _set_of(exercise_id)
    from_s = played.reps[1].t_start_s + 0.4
    hurt = _silent(signals, from_s, from_s + 4.3, sensors)
    whole, pieces = told(exercise_id, hurt, len(hurt)), told(exercise_id, hurt, 7)
    assert list(map(repr, whole)) == list(map(repr, pieces))


def test_filled_angles_are_known_by_their_uncertainty_and_all_others_are_left_alone() -> None:
    played, signals = _set_of("squat_parallel")
    from_s = played.reps[2].t_start_s
    hurt = _silent(signals, from_s, from_s + 2.0, _PELVIS)
    squat = exercises.load("squat_parallel")
    bridge = SilenceBridge(squat, driven_angles(squat, Side.RIGHT, signals.names)[0], signals.names, RATE_HZ)
    pieces = list(bridge.pieces(hurt))
    assert sum(map(len, pieces)) == len(hurt)
    values = np.concatenate([p.values for p in pieces], axis=1)
    sd = np.concatenate([p.sd for p in pieces], axis=1)
    row = signals.names.index("pelvis_tilt_deg")
    gone = np.isnan(hurt.values[row])
    joining = (hurt.t_s >= from_s + 2.0) & (hurt.t_s < from_s + 2.8)
    assert np.isfinite(values[row, gone]).all()
    assert np.isinf(sd[row, gone]).all()
    alone = ~gone & ~joining
    assert np.array_equal(values[:, alone], hurt.values[:, alone])
    everything, anything = heard_samples(SignalBlock(hurt.t_s, RATE_HZ, hurt.names, values, sd))
    assert np.array_equal(everything[~joining], ~gone[~joining])
    assert anything.all()
