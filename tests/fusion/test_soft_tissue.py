"""Gains of soft tissue: population, personal, off."""

from math import radians

import pytest

from fusion.soft_tissue import OFF, POPULATION, KnownPose, bone_flexion_rad, personal_gain


def test_without_a_known_pose_the_population_stands() -> None:
    assert personal_gain(POPULATION, []) == POPULATION


def test_a_pose_that_is_hardly_bent_says_nothing() -> None:
    shallow = KnownPose(radians(35.0), radians(30.0), radians(2.0))
    assert personal_gain(POPULATION, [shallow]) == POPULATION


def test_a_certain_pose_outweighs_the_population() -> None:
    # 5.4° too many at 90°, 45° beyond the start: a gain of 0.12.
    gain = personal_gain(POPULATION, [KnownPose(radians(95.4), radians(90.0), radians(0.1))])
    assert gain.gain == pytest.approx(0.12, abs=0.002)
    assert gain.source == "personal"
    assert gain.sd < POPULATION.sd


def test_off_stays_off() -> None:
    pose = KnownPose(radians(100.0), radians(90.0), radians(1.0))
    assert personal_gain(OFF, [pose]) == OFF
    assert bone_flexion_rad(radians(100.0), OFF.gain) == radians(100.0)


def test_what_is_taken_off_undoes_what_was_added() -> None:
    true = radians(110.0)
    seen = true + 0.07 * (true - radians(45.0))
    assert bone_flexion_rad(seen, 0.07) == pytest.approx(true)
