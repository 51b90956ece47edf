"""Faults as known quantities: what they move, when within a repetition, by how much.

A fault is asked for by its own name or by the name of a compensation that the exercise's rules look for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from fusion.exercises import Exercise
from fusion.exercises.rules import Measure, Rule
from fusion.types import Side
from simulator.errors import SimulationError
from simulator.motion import HIP_ADDUCTION, HIP_ROTATION, THIGH_PITCH, Coordinate
from simulator.poses import other


class Window(StrEnum):
    """When within a repetition a fault is there."""

    LATE = "late"
    """From the last 30 % of the lifting phase, through the hold, to the first 40 % of the way down."""
    FAR = "far"
    """Grows with the movement, most at the turn, gone at the rest."""
    HARDEST = "hardest"
    """Where the legs carry most: round the bottom of a squat, growing to the end of a lift."""
    SHORT = "short"
    """Grows all through the lift and lasts through the hold: what is missing is never done."""
    BOTTOM = "bottom"
    """Round the lower end of the movement."""
    EARLY = "early"
    """In the first 30 % of the lifting phase, gone at its end."""
    LEAD = "lead"
    """Before the movement itself."""
    SET = "set"
    """All through the set."""
    DRIFT = "drift"
    """Grows from the first repetition to the last."""


@dataclass(frozen=True, slots=True)
class Effect:
    """One coordinate moved by ``share`` of the fault's size within a window."""

    coordinate: Coordinate
    share: float
    window: Window


EffectsOf = Callable[[Side], Sequence[Effect]]


@dataclass(frozen=True, slots=True)
class Fault:
    """A kind of fault; ``effects`` depend on the working leg. Those without change time or range instead."""

    name: str
    text: str
    unit: str
    low: float
    high: float
    effects: EffectsOf | None = None


def _lumbar(window: Window, share: float = 1.0) -> EffectsOf:
    return lambda _: [Effect(Coordinate.LUMBAR, share, window)]


def _trunk(window: Window, share: float = 1.0) -> EffectsOf:
    """Pelvis and thorax together."""
    return lambda _: [
        Effect(Coordinate.PELVIS_TILT, share, window),
        Effect(Coordinate.THORAX_TILT, share, window),
    ]


def _drop(side: Side) -> list[Effect]:
    """The unsupported side sinks; both thighs stay where they are, so the stance hip adducts."""
    up = 1.0 if side is Side.RIGHT else -1.0
    return [
        Effect(Coordinate.PELVIS_LIST, up, Window.FAR),
        Effect(HIP_ADDUCTION[side], 1.0, Window.FAR),
        Effect(HIP_ADDUCTION[other(side)], -1.0, Window.FAR),
    ]


def _roll(side: Side) -> list[Effect]:
    up = 1.0 if side is Side.RIGHT else -1.0
    return [Effect(Coordinate.PELVIS_LIST, up, Window.FAR)]


def _rollback(side: Side) -> list[Effect]:
    """Side-lying: the upper side falls back, out of the vertical, and the thigh goes with it."""
    up = 1.0 if side is Side.RIGHT else -1.0
    return [Effect(Coordinate.PELVIS_LIST, -up, Window.FAR)]


def _knees_in(side: Side) -> list[Effect]:
    return [
        Effect(joint[leg], share, Window.HARDEST)
        for leg in (side, other(side))
        for joint, share in ((HIP_ADDUCTION, 1.0), (HIP_ROTATION, 0.7))
    ]


def _cave(side: Side) -> list[Effect]:
    return [Effect(e.coordinate, e.share, Window.DRIFT) for e in _knees_in(side)]


def _pitch(window: Window, share: float) -> EffectsOf:
    return lambda side: [Effect(THIGH_PITCH[leg], share, window) for leg in (side, other(side))]


def _squat(side: Side) -> list[Effect]:
    """Hip flexion stays, the thigh does more of it and the pelvis less."""
    return [*_pitch(Window.BOTTOM, 1.0)(side), *_trunk(Window.BOTTOM, -1.0)(side)]


def _sag(side: Side) -> list[Effect]:
    return [Effect(Coordinate.LUMBAR, 1.0, Window.DRIFT), *_pitch(Window.DRIFT, -1.5)(side)]


def _narrow(side: Side) -> list[Effect]:
    return [Effect(HIP_ADDUCTION[leg], 1.0, Window.SET) for leg in (side, other(side))]


FAULTS: Mapping[str, Fault] = {
    f.name: f
    for f in (
        Fault("lumbar", "the lower back adds at the end", "deg", -45.0, 45.0, _lumbar(Window.LATE)),
        Fault("share", "the pelvis moves with the leg", "deg", -45.0, 45.0, _lumbar(Window.FAR)),
        Fault("wink", "the pelvis tucks at the bottom", "deg", -30.0, 40.0, _lumbar(Window.BOTTOM, -1.0)),
        Fault("dump", "the pelvis tips forward at the bottom", "deg", -30.0, 40.0, _lumbar(Window.BOTTOM)),
        Fault("drop", "the unsupported side sinks", "deg", -25.0, 25.0, _drop),
        Fault("roll", "one side of the pelvis lifts", "deg", -40.0, 40.0, _roll),
        Fault("rollback", "side-lying, the pelvis rolls back", "deg", -40.0, 40.0, _rollback),
        Fault("knees_in", "both knees fall in as the legs carry most", "deg", 0.0, 35.0, _knees_in),
        Fault("cave", "both knees fall in more and more", "deg", 0.0, 35.0, _cave),
        Fault(
            "rotation",
            "the working hip turns inwards",
            "deg",
            -45.0,
            45.0,
            lambda side: [Effect(HIP_ROTATION[side], 1.0, Window.FAR)],
        ),
        Fault(
            "adduction",
            "the working knee crosses over",
            "deg",
            -30.0,
            30.0,
            lambda side: [Effect(HIP_ADDUCTION[side], 1.0, Window.FAR)],
        ),
        Fault(
            "flexion",
            "the working hip bends as it opens",
            "deg",
            -40.0,
            60.0,
            lambda side: [Effect(THIGH_PITCH[side], 1.0, Window.FAR)],
        ),
        Fault(
            "shoulders",
            "the shoulders leave the floor",
            "deg",
            -40.0,
            40.0,
            lambda side: [Effect(Coordinate.THORAX_LIST, 1.0 if side is Side.RIGHT else -1.0, Window.FAR)],
        ),
        Fault("fold", "the trunk folds at the bottom", "deg", -30.0, 60.0, _trunk(Window.BOTTOM)),
        Fault("rise", "the hips come up first", "deg", -30.0, 40.0, _trunk(Window.EARLY)),
        Fault("squat", "the knees do the hip's work", "deg", -30.0, 45.0, _squat),
        Fault("lockout", "the hips stay bent at the top", "deg", 0.0, 45.0, _pitch(Window.SHORT, 1.0)),
        Fault("over", "the hips go past straight at the top", "deg", 0.0, 35.0, _pitch(Window.LATE, -1.0)),
        Fault("arch", "the pelvis is tipped all through", "deg", -30.0, 30.0, _lumbar(Window.SET)),
        Fault("drift", "the pelvis creeps through the set", "deg", -30.0, 30.0, _lumbar(Window.DRIFT)),
        Fault("bend", "the hips bend more and more", "deg", -45.0, 45.0, _pitch(Window.DRIFT, 1.0)),
        Fault("sag", "the hips sink in a hold", "deg", 0.0, 30.0, _sag),
        Fault("narrow", "the legs come together", "deg", 0.0, 30.0, _narrow),
        Fault(
            "free_leg",
            "the free leg hangs",
            "deg",
            0.0,
            60.0,
            lambda side: [Effect(THIGH_PITCH[other(side)], 1.0, Window.SET)],
        ),
        Fault("sway", "the pelvis swings from side to side", "deg", 0.0, 25.0),
        Fault("wobble", "the pelvis rocks while the end is held", "deg", 0.0, 20.0),
        Fault("tremor", "the hold trembles", "deg", 0.0, 3.0),
        Fault("range", "the movement stops short", "deg", 0.0, 150.0),
        Fault("pretilt", "the pelvis does not turn before the hips lift", "deg", 0.0, 20.0),
        Fault("hold", "the hold is cut short", "s", 0.0, 60.0),
        Fault("lead", "the pelvis starts before the hip", "s", 0.0, 0.6),
        Fault("tempo", "everything is faster", "times", 0.2, 5.0),
        Fault("fast_drop", "the way down is faster", "times", 0.2, 6.0),
        Fault("no_tap", "the wall is not touched", "share", 0.0, 1.0),
    )
}

COMPENSATION_FAULTS: Mapping[str, str] = {
    "missing_pretilt": "pretilt",
    "lumbar_extension": "lumbar",
    "overextension_top": "lumbar",
    "lockout_overextension": "over",
    "lockout_arch": "lumbar",
    "no_posterior_finish": "lumbar",
    "arch_at_takeoff": "lumbar",
    "anterior_dump_at_push_off": "lumbar",
    "anterior_tilt": "share",
    "pelvis_share": "share",
    "extension_dump": "share",
    "trail_side_arch": "share",
    "lumbar_swing": "share",
    "incomplete_lockout": "lockout",
    "incomplete_extension": "lockout",
    "hip_extension_deficit": "lockout",
    "hyperextension_top": "over",
    "overextension": "over",
    "pelvis_roll": "roll",
    "pelvis_rotation": "roll",
    "pelvic_shift_roll": "roll",
    "asymmetry": "roll",
    "hike_or_lean": "drop",
    "pelvis_drop_rotation": "drop",
    "pelvic_drop": "drop",
    "pelvic_drop_landing": "drop",
    "contralateral_drop": "drop",
    "pelvis_rollback": "rollback",
    "hip_hike_roll": "rollback",
    "hold_short": "hold",
    "anterior_dump_bottom": "dump",
    "fast_drop": "fast_drop",
    "free_leg_drop": "free_leg",
    "sway": "sway",
    "pelvic_sway": "sway",
    "hip_instead_of_pelvis": "flexion",
    "butt_wink": "wink",
    "good_morning": "rise",
    "depth": "range",
    "spine_version": "range",
    "no_rotation": "range",
    "hips_shoot_up": "rise",
    "back_rounding": "wink",
    "knees_turn_in": "rotation",
    "knees_narrow": "narrow",
    "range_short": "range",
    "fast_ascent": "tempo",
    "fast_descent": "fast_drop",
    "unsteady_hold": "wobble",
    "pelvis_not_neutral": "lumbar",
    "shoulders_lift": "shoulders",
    "squatting_it": "squat",
    "squat_swing": "squat",
    "back_lift": "lead",
    "sequence": "lead",
    "pelvis_before_hip": "lead",
    "back_driven": "lead",
    "no_tap": "no_tap",
    "trunk_fold": "fold",
    "hip_flexion_drift": "bend",
    "flexion_swap": "flexion",
    "posture_loss": "bend",
    "band_slack": "narrow",
    "narrow_stance": "narrow",
    "knees_in": "knees_in",
    "momentum": "tempo",
    "arched_gait": "arch",
    "posterior_tuck": "share",
    "sag": "sag",
    "pike": "bend",
    "tremor": "tremor",
    "pelvis_drift": "drift",
    "anterior_drift": "drift",
    "hip_adduction": "adduction",
    "fake_by_arching": "drift",
    "no_contrast": "range",
    "push_off": "lead",
}
"""Compensation of an exercise's rules → the fault that makes it."""

_GROWING = {"knees_in": "cave"}
"""Faults of a repetition → what they are where a rule looks for their growth over the set."""

FALLING = frozenset({"posterior_tuck", "hike_or_lean"})
"""Compensations whose rule looks for a fall where the fault's size is a rise."""


def resolve(faults: Mapping[str, float], exercise: Exercise) -> dict[str, float]:
    """Sizes by fault name; names of the exercise's compensations become the faults that make them.

    Raises `SimulationError` for a name that is neither, or a size out of range.
    """
    rules = {rule.kind: rule for rule in exercise.compensations}
    resolved: dict[str, float] = {}
    for name, size in faults.items():
        kind = (fault_of(rules[name]) or name) if name in rules else name
        if kind not in FAULTS:
            known = ", ".join([*FAULTS, *sorted(rules.keys() - FAULTS.keys())])
            raise SimulationError(f"fault {name!r}: must be one of {known}, as NAME=SIZE")
        fault = FAULTS[kind]
        signed = -size if name in FALLING else size
        if not fault.low <= signed <= fault.high:
            raise SimulationError(
                f"fault {name}={size:g}: allowed are {fault.low:g} to {fault.high:g} {fault.unit}"
            )
        if signed:
            resolved[kind] = signed
    return resolved


def fault_of(rule: Rule) -> str | None:
    """The fault that makes what ``rule`` looks for; None where the simulator has none."""
    fault = COMPENSATION_FAULTS.get(rule.kind)
    return _GROWING.get(fault, fault) if fault and rule.measure is Measure.DRIFT else fault


def rules_for(fault: str, exercise: Exercise) -> list[str]:
    """The exercise's compensations that look for ``fault``."""
    return [rule.kind for rule in exercise.compensations if fault_of(rule) == fault]
