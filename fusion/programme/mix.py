"""What the work is made of: primary against secondary work for a goal, force direction, joints.

Which movements are primary is the coach's goal, not a fact of anatomy; so it is a profile.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from fusion import exercises
from fusion.errors import InputError
from fusion.exercises import Exercise
from fusion.exercises.model import Movement, Posture, Vector
from fusion.programme.records import DoneSession

SECONDARY_SHARE_WARN = 0.4


EXTENSION = frozenset({Movement.HIP_EXTENSION, Movement.SQUAT, Movement.HINGE, Movement.LUNGE})
"""Movements whose work is the hip's extension."""
_NO_WORK = frozenset({Movement.MOBILITY, Movement.OTHER})


@dataclass(frozen=True, slots=True)
class MovementClass:
    """How a movement counts in a programme."""

    movement: Movement
    vector: Vector = Vector.NONE
    multi_joint: bool = True
    posture: Posture = Posture.ANY

    @classmethod
    def of(cls, exercise: Exercise) -> MovementClass:
        """What the library says of an exercise."""
        programme = exercise.programme
        return cls(programme.movement, programme.vector, programme.multi_joint, exercise.posture)


Classes = Mapping[str, MovementClass]
"""Exercise id → class."""


def library_classes() -> dict[str, MovementClass]:
    """The class of every exercise of the library."""
    return {i: MovementClass.of(exercises.load(i)) for i in exercises.ids()}


@dataclass(frozen=True, slots=True)
class GoalProfile:
    """Which movements are primary for a goal, and how much of the rest is still fine."""

    id: str
    name: str
    primary: frozenset[Movement]
    secondary_share_warn: float = SECONDARY_SHARE_WARN
    horizontal_share_min: float = 0.0
    """Least share of horizontal work among hip extension; 0 asks for none."""


GOALS: Mapping[str, GoalProfile] = {
    goal.id: goal
    for goal in (
        GoalProfile("glute_focus", "Hip extension first", EXTENSION),
        GoalProfile(
            "glute_all_round",
            "Extension, abduction and rotation alike",
            EXTENSION | {Movement.ABDUCTION, Movement.ROTATION},
        ),
        GoalProfile(
            "speed",
            "Propulsion: horizontal hip extension and gait",
            EXTENSION | {Movement.GAIT, Movement.JUMP},
            horizontal_share_min=0.4,
        ),
        GoalProfile("max_depth", "Strength through the deepest range", EXTENSION),
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
    by_movement: Mapping[str, float]
    by_vector: Mapping[str, float]
    """Of hip extension alone."""
    by_joints: Mapping[str, float]
    remarks: tuple[str, ...]


def mix_of(sessions: Iterable[DoneSession], classes: Classes, profile: GoalProfile) -> Mix:
    """Shares of the repetitions of ``sessions``; mobility and what is none of training are left out."""
    counts: dict[MovementClass, int] = defaultdict(int)
    for session in sessions:
        for done in session.sets:
            kind = classes.get(done.exercise, MovementClass(Movement.OTHER))
            if kind.movement not in _NO_WORK:
                counts[kind] += len(done.reps)
    reps = sum(counts.values())
    extension = {kind: n for kind, n in counts.items() if kind.movement in EXTENSION}
    by_vector = _shares(extension, lambda kind: kind.vector.value)
    primary = sum(n for kind, n in counts.items() if kind.movement in profile.primary) / reps if reps else 0.0
    secondary = 1.0 - primary if reps else 0.0
    return Mix(
        reps=reps,
        primary_share=primary,
        secondary_share=secondary,
        by_movement=_shares(counts, lambda kind: kind.movement.value),
        by_vector=by_vector,
        by_joints=_shares(counts, lambda kind: "multi" if kind.multi_joint else "single"),
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
