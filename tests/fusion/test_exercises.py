"""The library: every file is valid, and what is wrong in one is named."""

import pytest

from fusion import exercises
from fusion.errors import ExerciseError


def test_there_are_48_exercises_and_each_is_valid() -> None:
    assert len(exercises.ids()) == 48
    assert all(exercises.load(i).id == i for i in exercises.ids())


def test_every_counted_exercise_has_a_range_that_makes_sense() -> None:
    for exercise in map(exercises.load, exercises.ids()):
        if exercise.count is not None:
            count = exercise.count
            assert count.rom_min_deg <= min(count.rom_full_deg, count.rom_typical_deg), exercise.id


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('id = "x"', r"mine\.toml: .*missing required field `name`"),
        ('id = "x"\nname = "X"\nkind = "rep"\nrom = 3', r"unknown field `rom`"),
        ('id = "x"\nname = "X"\nkind = "jump"', r"Invalid enum value 'jump' - at `\$\.kind`"),
        ('id = "x"\nname = "X"\nkind = "rep"\n[[poses]]\nname = "a"\npelvis_tilt_deg = 500', r"<= 360\.0"),
        ("id = ", r"mine\.toml: Invalid value"),
    ],
)
def test_a_faulty_file_is_named_with_its_key(text: str, message: str) -> None:
    with pytest.raises(ExerciseError, match=message):
        exercises.parse(text, "mine.toml")


def test_an_unknown_id_lists_near_ones() -> None:
    with pytest.raises(ExerciseError, match=r"did you mean .*squat_parallel"):
        exercises.load("squat")
