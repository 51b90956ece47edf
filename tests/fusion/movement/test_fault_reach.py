"""A fault of an exercise is part of it: how far the pelvis may be from the key poses."""

import pytest

from fusion import exercises
from fusion.movement.fault_reach import tilt_bounds_deg
from tests.fusion.form.lifts import Lift, rule

SHARE = rule("pelvis_share", "pelvis_share", unit="1", warn=0.1, fail=0.2)
WINK = rule("butt_wink", "butt_wink_deg", warn=5.0, fail=8.0)
ARCH = rule("arch", "pelvis_tilt_deg", measure="rise", warn=4.0, fail=100.0)


@pytest.mark.parametrize(
    ("rules", "below", "above"),
    [
        ([], 0.0, 0.0),
        ([SHARE], 0.0, 10.0 + 2.0 * 0.2 * 35.0),  # the thigh turns by 35°
        ([WINK], 10.0 + 16.0, 0.0),
        ([ARCH], 0.0, 10.0 + 45.0),  # no lower back bends by more
        ([SHARE, WINK], 26.0, 24.0),
    ],
)
def test_twice_what_fails_is_still_the_exercise(rules: list[str], below: float, above: float) -> None:
    assert tilt_bounds_deg(Lift().exercise(*rules)) == pytest.approx((below, above))


def test_a_hinge_that_becomes_a_squat_tips_the_pelvis_less() -> None:
    below, above = tilt_bounds_deg(exercises.load("rdl"))
    assert below > 32.0
    assert above == pytest.approx(34.0)


def test_a_trunk_that_leans_on_the_stairs_is_climbing_stairs_still() -> None:
    assert tilt_bounds_deg(exercises.load("stairs")) == (0.0, 55.0)
