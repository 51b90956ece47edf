"""Are the sensors where they are said to be? Found from one movement that the athlete is asked for. Pure.

Each movement turns some segments much more than others: a lifted knee its own thigh more than the other one
and more than the pelvis, a bow the trunk more than the legs. A sensor that turned much where it should hardly
have moved, beside one that hardly moved where it should have, has been swapped with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import degrees
from typing import Final

import numpy as np

from fusion.types import FloatArray, Segment

MIN_TURN_DEG: Final = 20.0
"""Less is no movement that was asked for; standing people sway by a few degrees."""
CLEAR_RATIO: Final = 1.5
"""One sensor turned clearly more than another."""
_STILL_S: Final = 0.4


class Movement(StrEnum):
    """What the athlete is asked to do, from standing, once or a few times."""

    LIFT_RIGHT_KNEE = "lift_right_knee"
    LIFT_LEFT_KNEE = "lift_left_knee"
    BOW = "bow"
    """Bend forward at the hips with straight legs."""

    @property
    def words(self) -> str:
        """The request to the athlete."""
        return _WORDS[self]


class Verdict(StrEnum):
    """What a check found."""

    OK = "ok"
    SWAPPED = "swapped"
    UNCLEAR = "unclear"


_WORDS: Final = {
    Movement.LIFT_RIGHT_KNEE: "stand still, then lift the right knee to hip height and lower it again",
    Movement.LIFT_LEFT_KNEE: "stand still, then lift the left knee to hip height and lower it again",
    Movement.BOW: "stand still, then bend forward at the hips with straight legs and come up again",
}
_P, _T = Segment.PELVIS, Segment.THORAX
_THIGH_R, _THIGH_L = Segment.THIGH_RIGHT, Segment.THIGH_LEFT
_SHANK_R, _SHANK_L = Segment.SHANK_RIGHT, Segment.SHANK_LEFT
_LEGS: Final = (_THIGH_R, _THIGH_L, _SHANK_R, _SHANK_L)
_PAIRS: Final[Mapping[Movement, Sequence[tuple[Segment, Segment]]]] = {
    Movement.LIFT_RIGHT_KNEE: ((_THIGH_R, _THIGH_L), (_SHANK_R, _SHANK_L), (_THIGH_R, _P), (_THIGH_R, _T)),
    Movement.LIFT_LEFT_KNEE: ((_THIGH_L, _THIGH_R), (_SHANK_L, _SHANK_R), (_THIGH_L, _P), (_THIGH_L, _T)),
    Movement.BOW: tuple((trunk, leg) for trunk in (_P, _T) for leg in _LEGS),
}
"""Pairs of segments of which the first turns clearly more than the second."""


@dataclass(frozen=True, slots=True)
class Placement:
    """What a check found, and what to do about it."""

    movement: Movement
    verdict: Verdict
    turned_deg: Mapping[str, float]
    """device_id → how far it turned."""
    swaps: tuple[tuple[str, str], ...]
    """Devices that seem to wear each other's place."""
    messages: tuple[str, ...]
    """A line each, for a person."""


def turned_deg(t_s: FloatArray, gyr_rads: FloatArray) -> float:
    """How far a sensor turned about the axis that it turned most about, in degrees.

    ``t_s`` (n,) and ``gyr_rads`` (n, 3) in any frame fixed to the sensor; the rate of the stillest 0.4 s is
    taken for the gyroscope's bias.
    """
    if len(t_s) < 2:
        return 0.0
    rate = gyr_rads - _bias(t_s, gyr_rads)
    axis = np.linalg.svd(rate, full_matrices=False)[2][0]
    along = rate @ axis
    steps = 0.5 * (along[1:] + along[:-1]) * np.diff(t_s)
    angle = np.concatenate([[0.0], np.cumsum(steps)])
    return degrees(float(np.ptp(angle)))


def check_placement(
    movement: Movement,
    worn: Mapping[str, Segment],
    recordings: Mapping[str, tuple[FloatArray, FloatArray]],
) -> Placement:
    """Judge who turned: ``worn`` device_id → segment, ``recordings`` device_id → ``t_s``, ``gyr_rads``."""
    turned = {d: turned_deg(*recordings[d]) if d in recordings else 0.0 for d in worn}
    where = {segment: device for device, segment in worn.items()}
    pairs = [(a, b) for a, b in _PAIRS[movement] if a in where and b in where]
    silent = [
        f"nothing came from the {_name(s)} sensor ({d})" for d, s in worn.items() if d not in recordings
    ]
    if silent or not pairs or max(turned.values()) < MIN_TURN_DEG:
        reason = silent or [_too_little(movement, has_pairs=bool(pairs))]
        return Placement(movement, Verdict.UNCLEAR, turned, (), tuple(reason))
    swapped, doubtful = [], []
    for more, less in pairs:
        a, b = turned[where[more]], turned[where[less]]
        if b >= MIN_TURN_DEG and b > CLEAR_RATIO * a:
            swapped.append((more, less))
        elif a < MIN_TURN_DEG or a < CLEAR_RATIO * b:
            doubtful.append((more, less))
    if swapped:
        lines = [_swap_line(movement, more, less) for more, less in swapped]
        swaps = tuple((where[more], where[less]) for more, less in swapped)
        return Placement(movement, Verdict.SWAPPED, turned, swaps, tuple(lines))
    if doubtful:
        lines = [f"{_name(a)} and {_name(b)} turned alike; {movement.words}, once more" for a, b in doubtful]
        return Placement(movement, Verdict.UNCLEAR, turned, (), tuple(lines))
    return Placement(movement, Verdict.OK, turned, (), ("the sensors are where they are said to be",))


def _bias(t_s: FloatArray, gyr_rads: FloatArray) -> FloatArray:
    """Mean rate (3,) of the stillest window."""
    count = max(2, round(_STILL_S * (len(t_s) - 1) / max(float(t_s[-1] - t_s[0]), 1e-9)))
    if count >= len(t_s):
        return np.zeros(3)
    windows = np.lib.stride_tricks.sliding_window_view(gyr_rads, count, axis=0)
    stillest = int(np.argmin(windows.var(axis=-1).sum(axis=-1)))
    bias: FloatArray = windows[stillest].mean(axis=-1)
    return bias


def _too_little(movement: Movement, *, has_pairs: bool) -> str:
    if not has_pairs:
        return "this movement tells nothing about the segments that are worn"
    return f"no sensor turned by {MIN_TURN_DEG:g}°; {movement.words}"


def _swap_line(movement: Movement, more: Segment, less: Segment) -> str:
    line = f"the {_name(less)} sensor turned where the {_name(more)} sensor should have: swap the two"
    sides = {more, less} in ({_THIGH_R, _THIGH_L}, {_SHANK_R, _SHANK_L})
    return f"{line}, unless the other leg was lifted" if sides and movement is not Movement.BOW else line


def _name(segment: Segment) -> str:
    part, _, side = segment.value.partition("_")
    return f"{side} {part}" if side else part
