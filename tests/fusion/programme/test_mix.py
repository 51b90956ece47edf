"""What is primary is the goal's choice; the shares are plain counting."""

import pytest

from fusion.errors import InputError
from fusion.exercises import ids
from fusion.programme.mix import goal, library_classes, mix_of
from tests.fusion.programme.weeks import CLASSES, session_on, set_of

SESSION = session_on(
    0,
    set_of("hip_thrust", 4),
    set_of("deadlift", 6),
    set_of("clamshell", 5),
    set_of("side_lying_abduction", 5),
    set_of("foam_rolling", 9),
)


def test_shares_by_role_force_and_joints() -> None:
    mix = mix_of([SESSION], CLASSES, goal("glute_focus"))
    assert mix.reps == 20
    assert mix.by_movement == pytest.approx(
        {"abduction": 0.25, "hinge": 0.3, "hip_extension": 0.2, "rotation": 0.25}
    )
    assert mix.by_vector == pytest.approx({"horizontal": 0.4, "vertical": 0.6})
    assert mix.by_joints == pytest.approx({"multi": 0.5, "single": 0.5})


def test_the_same_work_is_half_secondary_for_one_goal_and_all_primary_for_another() -> None:
    focused = mix_of([SESSION], CLASSES, goal("glute_focus"))
    assert focused.secondary_share == pytest.approx(0.5)
    assert "50 % of the repetitions are secondary" in focused.remarks[0]
    round_about = mix_of([SESSION], CLASSES, goal("glute_all_round"))
    assert round_about.secondary_share == pytest.approx(0.0)
    assert round_about.remarks == ()


def test_a_goal_of_speed_asks_for_horizontal_work() -> None:
    vertical = session_on(0, set_of("deadlift", 9), set_of("hip_thrust", 1))
    assert mix_of([vertical], CLASSES, goal("speed")).remarks == (
        "10 % of hip extension is horizontal (this goal asks for 40 %)",
    )


def test_no_work_has_no_shares_and_no_remarks() -> None:
    mix = mix_of([], CLASSES, goal("speed"))
    assert (mix.reps, mix.primary_share, mix.secondary_share, mix.remarks) == (0, 0.0, 0.0, ())


def test_an_unknown_goal_names_those_there_are() -> None:
    with pytest.raises(InputError, match="glute_focus, glute_all_round, speed, max_depth"):
        goal("bigger")


def test_every_exercise_of_the_library_has_a_class() -> None:
    classes = library_classes()
    assert classes.keys() == set(ids())
    assert classes["hip_thrust"].vector == "horizontal"
