"""Families: movements that the worn sensors cannot tell apart, said by the library itself with the reason."""

import pytest

from fusion import exercises
from fusion.exercises.families import accepts, alike, families
from fusion.exercises.rules import Worn


@pytest.mark.parametrize("name", families())
def test_all_members_of_a_family_say_the_same_of_it_and_none_stands_alone(name: str) -> None:
    members = families()[name]
    assert len(members) >= 2
    assert len({exercises.load(i).family for i in members}) == 1


@pytest.mark.parametrize("name", families())
def test_a_family_is_small_and_of_one_posture_so_that_its_name_is_of_use(name: str) -> None:
    members = [exercises.load(i) for i in families()[name]]
    assert len(members) <= 4
    assert len({one.posture for one in members}) == 1


def test_a_sensor_on_the_other_thigh_tells_one_leg_from_two() -> None:
    assert alike("glute_bridge") == ("sl_glute_bridge",)
    assert alike("glute_bridge", {Worn.OTHER_THIGH}) == ()
    assert accepts("sl_glute_bridge", "glute_bridge")
    assert not accepts("sl_glute_bridge", "glute_bridge", {Worn.OTHER_THIGH})


def test_no_sensor_shows_where_the_bar_lies() -> None:
    assert accepts("squat_front", "squat_parallel", set(Worn))


def test_movements_that_look_different_are_no_family() -> None:
    assert alike("clamshell") == ()
    assert not accepts("rdl", "squat_parallel")
    assert not accepts("unknown", "rdl")
