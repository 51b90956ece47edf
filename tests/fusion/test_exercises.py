"""The library: every file is valid, and what is wrong in one is named."""

from pathlib import Path

import pytest

from fusion import exercises
from fusion.errors import ExerciseError
from fusion.exercises.rules import Grade
from fusion.types import Segment, Side


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


GOOD = """
id = "mine"
name = "Mine"
kind = "rep"
posture = "standing"
[programme]
movement = "hinge"
[[poses]]
name = "top"
pelvis_tilt_deg = 0.0
thigh_pitch_deg = 0.0
[[poses]]
name = "bottom"
pelvis_tilt_deg = 60.0
thigh_pitch_deg = 20.0
[[phases]]
kind = "eccentric"
to = "bottom"
[[phases]]
kind = "concentric"
to = "top"
[driver]
signal = "hip_flexion"
concentric_sign = -1
[count]
rom_min_deg = 30.0
rom_full_deg = 60.0
rom_typical_deg = 80.0
[tempo]
first_phase = "eccentric"
period_s = [2.0, 4.0, 8.0]
[[compensations]]
kind = "roll"
signal = "pelvis_list_deg"
measure = "change"
warn = 5.0
fail = 8.0
unit = "deg"
needs = ["pelvis"]
grade = "M"
cue = "Keep the pelvis level."
"""

SECOND_RULE = """
[[compensations]]
kind = "tilt_to_the_side"
signal = "pelvis_list_deg"
measure = "change"
window = "concentric"
warn = 6.0
unit = "deg"
needs = ["pelvis"]
grade = "M"
cue = "Keep the pelvis level."
"""


def test_an_exercise_of_ones_own_is_read() -> None:
    exercise = exercises.parse(GOOD, "mine.toml")
    assert exercise.turn_pose is not None
    assert exercise.turn_pose.hip_flexion_deg == 80.0
    assert not exercise.lifts_first


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "rom_full_deg",
            "rom_ful_deg",
            r"unknown field `rom_ful_deg` - at `\$\.count`; did you mean 'rom_full_deg'",
        ),
        (
            "pelvis_list_deg",
            "pelvis_lst_deg",
            r"pelvis_lst_deg.*compensations\[.*did you mean 'pelvis_list_deg'",
        ),
        ("thigh_pitch_deg = 20.0", "thigh_pitch_deg = 120.0", r"poses\[1\].*180° is no hip flexion"),
        (
            'to = "bottom"',
            'to = "botom"',
            r"phases\[0\]\.to: there is no pose 'botom'; there are top, bottom",
        ),
        ("fail = 8.0", "fail = 4.0", r"compensations\[0\] \(roll\)\.fail: limits must rise"),
        (
            'needs = ["pelvis"]',
            "needs = []",
            r"compensations\[0\] \(roll\)\.needs: pelvis_list_deg also needs pelvis",
        ),
        ('unit = "deg"', 'unit = "s"', r"\.unit: pelvis_list_deg is in 'deg', not 's'"),
        ('measure = "change"', 'measure = "value"', r"\.measure: pelvis_list_deg runs over time"),
        (
            "concentric_sign = -1",
            "concentric_sign = 1",
            r"driver\.signal: from 'top' to 'bottom' hip_flexion",
        ),
        ("[2.0, 4.0, 8.0]", "[2.0, 1.0, 8.0]", r"tempo\.period_s: .* must rise"),
        ("rom_full_deg = 60.0", "rom_full_deg = 20.0", r"count\.rom_full_deg: 20 is less than rom_min_deg"),
    ],
)
def test_what_cannot_be_is_named_with_file_and_key(old: str, new: str, message: str) -> None:
    with pytest.raises(ExerciseError, match=r"^mine\.toml: .*" + message):
        exercises.parse(GOOD.replace(old, new), "mine.toml")


def test_rules_that_blame_one_movement_twice_are_refused() -> None:
    with pytest.raises(
        ExerciseError, match=r"compensations\[1\] \(tilt_to_the_side\): overlaps .*\[0\] \(roll\)"
    ):
        exercises.parse(GOOD + SECOND_RULE, "mine.toml")


def test_every_number_names_a_source_that_is_documented() -> None:
    documented = Path("docs/sources.md").read_text(encoding="utf-8")
    for exercise in map(exercises.load, exercises.ids()):
        keys = {*exercise.sources, *(rule.source for rule in exercise.compensations)}
        keys |= {pose.source for pose in exercise.poses} | {t.source for t in exercise.rom_targets}
        keys |= {p.source for p in (exercise.count, exercise.tempo, exercise.hold) if p is not None}
        for key in keys:
            assert f"**{key}**" in documented, (exercise.id, key)


def test_a_lean_that_needs_the_thorax_says_so() -> None:
    rule = next(r for r in exercises.load("rdl").compensations if r.kind == "back_rounding")
    assert rule.grade is Grade.EXTRA
    assert [w.segment(Side.LEFT) for w in rule.needs] == [Segment.PELVIS, Segment.THORAX]


def test_the_ladder_leads_to_exercises_that_exist() -> None:
    for exercise in map(exercises.load, exercises.ids()):
        assert set(exercise.programme.leads_to) <= set(exercises.ids()), exercise.id
