"""Cases: which have no meaning for which exercise, and how slow is slow."""

from benchmarks.judge.run import count_cells
from fusion import exercises
from simulator.cases import CASES, case_plan, left_out


def test_what_is_done_around_a_set_is_left_out_where_it_is_the_exercise_itself() -> None:
    reasons = {(c, e): left_out(c, e) for c in CASES for e in exercises.ids() if left_out(c, e)}
    assert {c for c, _ in reasons} <= {"around_walk", "around_plates", "around_stairs", "around_sit"}
    assert left_out("around_walk", "squat_parallel") is None
    asked = count_cells(list(exercises.ids()), list(CASES), [1000])
    assert len(asked) == len(CASES) * len(exercises.ids()) - len(reasons)


def test_a_slow_jump_is_as_slow_as_the_exercise_knows_and_a_slow_squat_takes_ten_seconds_a_phase() -> None:
    jump = case_plan("slow", "broad_jump", 1).sets[0].manner
    tempo = exercises.load("broad_jump").tempo
    assert tempo is not None
    assert tempo.concentric_s is not None
    assert jump.phase_s is None
    assert jump.tempo == tempo.concentric_s[2] / tempo.concentric_s[1]
    stride = exercises.load("walk").tempo
    assert stride is not None
    assert case_plan("slow", "walk", 1).sets[0].manner.tempo == stride.period_s[2] / stride.period_s[1]
    assert case_plan("slow", "squat_parallel", 1).sets[0].manner.phase_s == 10.0
