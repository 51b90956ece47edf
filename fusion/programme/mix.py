"""What the work is made of: primary against secondary work for a goal, force direction, joints.

Which movements are primary is the coach's goal, not a fact of anatomy; so it is a profile.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from fusion.errors import InputError
from fusion.programme.records import DoneSession

SECONDARY_SHARE_WARN = 0.4


class Role(StrEnum):
    """What a movement trains most."""

    HIP_EXTENSION = "hip_extension"
    HIP_ABDUCTION = "hip_abduction"
    HIP_ROTATION = "hip_rotation"
    HIP_FLEXION = "hip_flexion"
    TRUNK = "trunk"
    GAIT = "gait"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class MovementClass:
    """How a movement counts in a programme."""

    role: Role
    vector: str = "none"
    """Line of force against the trunk: ``vertical``, ``horizontal`` or ``none``."""
    joints: str = "multi"
    """``multi`` or ``single``."""
    posture: str = "any"


Classes = Mapping[str, MovementClass]
"""Exercise id → class."""


@dataclass(frozen=True, slots=True)
class GoalProfile:
    """Which roles are primary for a goal, and how much of the rest is still fine."""

    id: str
    name: str
    primary: frozenset[Role]
    secondary_share_warn: float = SECONDARY_SHARE_WARN
    horizontal_share_min: float = 0.0
    """Least share of horizontal work among hip extension; 0 asks for none."""


GOALS: Mapping[str, GoalProfile] = {
    goal.id: goal
    for goal in (
        GoalProfile("glute_focus", "Hip extension first", frozenset({Role.HIP_EXTENSION})),
        GoalProfile(
            "glute_all_round",
            "Extension, abduction and rotation alike",
            frozenset({Role.HIP_EXTENSION, Role.HIP_ABDUCTION, Role.HIP_ROTATION}),
        ),
        GoalProfile(
            "speed",
            "Propulsion: horizontal hip extension and gait",
            frozenset({Role.HIP_EXTENSION, Role.GAIT}),
            horizontal_share_min=0.4,
        ),
        GoalProfile("max_depth", "Strength through the deepest range", frozenset({Role.HIP_EXTENSION})),
    )
}


def goal(goal_id: str) -> GoalProfile:
    """The profile with this id. Raises `InputError` that lists them."""
    if goal_id not in GOALS:
        raise InputError(f"no goal {goal_id!r}; there are {', '.join(GOALS)}")
    return GOALS[goal_id]


@dataclass(frozen=True, slots=True)
class Mix:
    """Shares of repetitions (0–1) and what is worth a word."""

    reps: int
    primary_share: float
    secondary_share: float
    by_role: Mapping[str, float]
    by_vector: Mapping[str, float]
    """Of hip extension alone."""
    by_joints: Mapping[str, float]
    remarks: tuple[str, ...]


def mix_of(sessions: Iterable[DoneSession], classes: Classes, profile: GoalProfile) -> Mix:
    """Shares of the repetitions of ``sessions``; movements that train nothing (``none``) are left out."""
    counts: dict[MovementClass, int] = defaultdict(int)
    for session in sessions:
        for done in session.sets:
            kind = classes.get(done.exercise, MovementClass(Role.NONE))
            if kind.role is not Role.NONE:
                counts[kind] += len(done.reps)
    reps = sum(counts.values())
    extension = {kind: n for kind, n in counts.items() if kind.role is Role.HIP_EXTENSION}
    by_vector = _shares(extension, lambda kind: kind.vector)
    primary = sum(n for kind, n in counts.items() if kind.role in profile.primary) / reps if reps else 0.0
    secondary = 1.0 - primary if reps else 0.0
    return Mix(
        reps=reps,
        primary_share=primary,
        secondary_share=secondary,
        by_role=_shares(counts, lambda kind: kind.role.value),
        by_vector=by_vector,
        by_joints=_shares(counts, lambda kind: kind.joints),
        remarks=_remarks(profile, secondary, by_vector),
    )


def _shares(counts: Mapping[MovementClass, int], key: Callable[[MovementClass], str]) -> dict[str, float]:
    whole = sum(counts.values())
    shares: dict[str, float] = defaultdict(float)
    for kind, n in counts.items():
        shares[key(kind)] += n / whole if whole else 0.0
    return dict(sorted(shares.items()))


def _remarks(profile: GoalProfile, secondary: float, by_vector: Mapping[str, float]) -> tuple[str, ...]:
    remarks = []
    if secondary > profile.secondary_share_warn:
        remarks.append(
            f"{100 * secondary:.0f} % of the repetitions are secondary for this goal"
            f" (more than {100 * profile.secondary_share_warn:.0f} %)"
        )
    horizontal = by_vector.get("horizontal", 0.0)
    if by_vector and horizontal < profile.horizontal_share_min:
        remarks.append(
            f"{100 * horizontal:.0f} % of hip extension is horizontal"
            f" (this goal asks for {100 * profile.horizontal_share_min:.0f} %)"
        )
    return tuple(remarks)
