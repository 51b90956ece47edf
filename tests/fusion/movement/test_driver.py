"""An opening angle is a change of how gravity lies in the thigh: where the axis points only shifts it."""

import numpy as np
import pytest

from fusion import exercises
from fusion import quaternion as quat
from fusion.exercises.model import DriverSignal
from fusion.movement.driver import driven_deg, outward_of
from fusion.types import FloatArray, Side, SignalBlock

CLAM = outward_of(exercises.load("clamshell"))


def signals_of(up_b: FloatArray, side: Side = Side.RIGHT) -> SignalBlock:
    """Of gravity (n, 3) in the thigh."""
    rows = {
        f"thigh_pitch_{side.value}_deg": np.degrees(np.arctan2(up_b[:, 0], up_b[:, 1])),
        f"thigh_opening_{side.value}_deg": np.degrees(np.arcsin(up_b[:, 2])),
    }
    t_s = np.arange(len(up_b)) / 60.0
    values = np.array(list(rows.values()))
    return SignalBlock(t_s, 60.0, tuple(rows), values, np.ones_like(values))


def clams(side: Side, axis_off_deg: float = 0.0) -> SignalBlock:
    """Closed, half open and open, by a sensor whose left–right axis is off by so much about the thigh."""
    mirror = 1.0 if side is Side.RIGHT else -1.0
    rows = []
    for share in (0.0, 0.5, 1.0):
        turned = quat.from_rotation_vector(np.radians([0.0, mirror * 30.0 * share, 0.0]))
        raised = quat.from_rotation_vector(np.radians([mirror * 18.0 * share, 0.0, 0.0]))
        off = quat.from_rotation_vector(np.radians([0.0, mirror * axis_off_deg, 0.0]))
        rows.append(
            quat.rotate(quat.multiply(off, quat.multiply(turned, raised)), np.array([0.0, 0.0, mirror]))
        )
    return signals_of(np.array(rows), side)


@pytest.mark.parametrize("side", list(Side))
def test_a_clam_opens_by_what_the_leg_is_turned_and_raised(side: Side) -> None:
    opened = driven_deg(DriverSignal.THIGH_OPENING, clams(side), side, CLAM)
    assert opened[0] == pytest.approx(0.0, abs=1e-6)
    assert opened[2] == pytest.approx(35.0, abs=1.0)


@pytest.mark.parametrize("off_deg", [-15.0, 15.0])
def test_an_axis_that_points_elsewhere_shortens_no_range(off_deg: float) -> None:
    true = driven_deg(DriverSignal.THIGH_OPENING, clams(Side.RIGHT), Side.RIGHT, CLAM)
    seen = driven_deg(DriverSignal.THIGH_OPENING, clams(Side.RIGHT, off_deg), Side.RIGHT, CLAM)
    assert np.ptp(seen) == pytest.approx(np.ptp(true), abs=1.5)


def test_a_leg_raised_straight_opens_by_its_elevation() -> None:
    outward = outward_of(exercises.load("side_lying_abduction"))
    assert outward == (1.0, 0.0)
    up_b = np.array([[0.0, -np.sin(a), np.cos(a)] for a in np.radians([0.0, 20.0, 35.0])])
    opened = driven_deg(DriverSignal.THIGH_OPENING, signals_of(up_b), Side.RIGHT, outward)
    assert opened == pytest.approx([0.0, 20.0, 35.0])


def test_a_silent_thigh_has_no_opening() -> None:
    silent = signals_of(np.full((2, 3), np.nan))
    assert np.isnan(driven_deg(DriverSignal.THIGH_OPENING, silent, Side.RIGHT, CLAM)).all()
