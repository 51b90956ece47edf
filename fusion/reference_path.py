"""The person's own reference: how their pelvis travels over the thigh when form is good, and how far.

P_ref(T) and the range targets are learnt from repetitions that a coach approved; until three are, from the
best ten of the first sessions; until then the exercise's model holds. With twenty approved repetitions the
limits of the checks follow the person's own 10th and 90th centile.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite
from typing import Any

import numpy as np

from fusion.errors import InputError
from fusion.exercises import Exercise
from fusion.kernels import reading
from fusion.types import FloatArray, RepSummary, Side

PATH_POINTS = 17
APPROVED_MIN = 3
"""Approved repetitions from which the path is taken from them alone."""
BEST_COUNT = 10
BEST_MIN = 5
APPROVED_FOR_LIMITS = 20
METRIC_PREFIX = "form_"
"""Names of the rules' raw values among a repetition's metrics."""
OVER_OWN_PATH = "over_own_path"
"""Kept like a rule's value: 1 when the repetition's P_res was read over the person's own path, 0 over the
model's. Values of the one are no measure for the other."""
_TURN_MIN_DEG = 10.0
_POINTS_MAX = 256


@dataclass(frozen=True, slots=True, eq=False)
class ReferencePath:
    """P_ref(T): the pelvis's path over the thigh's pitch, piecewise linear between known points, deg.

    ``thigh_pitch_deg`` (k,) rises strictly, k ≥ 2.
    """

    thigh_pitch_deg: FloatArray
    pelvis_tilt_deg: FloatArray
    source: str = "model"

    def __call__(self, thigh_pitch_deg: FloatArray) -> FloatArray:
        """P_ref (n,) at T (n,), continued beyond its ends with their slope."""
        t, p, x = (
            np.ascontiguousarray(a) for a in (self.thigh_pitch_deg, self.pelvis_tilt_deg, thigh_pitch_deg)
        )
        return np.asarray(reading.along(t, p, x))

    @property
    def slope(self) -> float:
        """Size of its mean slope: degrees of P for one of T."""
        t, p = self.thigh_pitch_deg, self.pelvis_tilt_deg
        return abs(float(p[-1] - p[0]) / float(t[-1] - t[0]))


def model_path(exercise: Exercise) -> ReferencePath | None:
    """The exercise's own path through its key poses of the lift, or of the way down where that comes first.

    None where the thigh hardly turns and P says nothing about the back. A pose that the thigh does not move
    on to (a pelvis that is tilted first) takes the place of the one before.
    """
    rest, turn = exercise.rest_pose, exercise.turn_pose
    if rest is None or turn is None:
        return None
    poses = exercise.poses[: exercise.poses.index(turn) + 1]
    way = 1.0 if turn.thigh_pitch_deg > rest.thigh_pitch_deg else -1.0
    points: list[tuple[float, float]] = []
    for pose in poses:
        on = way * pose.thigh_pitch_deg
        if points and on <= points[-1][0]:
            if on < points[-1][0]:
                continue
            points.pop()
        points.append((on, pose.pelvis_tilt_deg))
    t, p = np.array(points).T
    if len(t) < 2 or t[-1] - t[0] < _TURN_MIN_DEG:
        return None
    order = np.argsort(way * t)
    return ReferencePath((way * t)[order], p[order])


@dataclass(frozen=True, slots=True)
class OwnRange:
    """Spread of one rule's value over good repetitions, in the rule's unit."""

    p10: float
    median: float
    p90: float
    count: int


@dataclass(frozen=True, slots=True, eq=False)
class PersonReference:
    """What is known of one person doing one exercise on one side: a value that can be stored and shown."""

    exercise: str
    side: Side | None
    version: int
    source: str
    """``approved`` or ``best``."""
    reps: int
    """Repetitions that it was learnt from."""
    path: ReferencePath | None
    rom_deg: float
    hip_flexion_min_deg: float
    hip_flexion_max_deg: float
    own: Mapping[str, OwnRange] = field(default_factory=dict)
    """Rule → spread of its raw value."""

    @property
    def over_own_path(self) -> bool:
        """Whether what it knows of P_res was read over the person's own path."""
        read = self.own.get(OVER_OWN_PATH)
        return read is not None and read.p10 >= 1.0

    @property
    def scales_limits(self) -> bool:
        """Whether there are enough approved repetitions for limits of the person's own."""
        return self.source == "approved" and self.reps >= APPROVED_FOR_LIMITS


@dataclass(frozen=True, slots=True)
class Candidate:
    """One stored repetition that a reference may be learnt from.

    ``path_deg`` (k, 2) are pairs of T and P along the lifting phase.
    """

    path_deg: Sequence[Sequence[float]]
    rom_deg: float
    hip_flexion_min_deg: float
    hip_flexion_max_deg: float
    metrics: Mapping[str, float]
    quality: bool
    confidence: float
    approved: bool | None = None
    """None: no coach has judged it."""

    @classmethod
    def from_document(cls, rep: Mapping[str, Any], *, approved: bool | None = None) -> Candidate:
        """From the document that ``fusion.summary.rep_document`` made."""
        metrics = {k: v for k, v in rep["metrics"].items() if v is not None}
        known = {k: float("nan") if rep[k] is None else float(rep[k]) for k in _RANGES}
        return cls(
            path_deg=rep.get("path_deg", ()),
            metrics=metrics,
            quality=bool(rep["quality"]),
            confidence=float(rep["confidence"] or 0.0),
            approved=approved,
            **known,
        )

    @classmethod
    def from_summary(cls, rep: RepSummary, *, approved: bool | None = None) -> Candidate:
        """From a repetition as the pipeline gave it."""
        return cls(
            rep.path_deg,
            rep.rom_deg,
            rep.hip_flexion_min_deg,
            rep.hip_flexion_max_deg,
            rep.metrics,
            rep.quality,
            rep.confidence,
            approved,
        )


_RANGES = ("rom_deg", "hip_flexion_min_deg", "hip_flexion_max_deg")


def learn(
    exercise: str, side: Side | None, candidates: Iterable[Candidate], *, version: int
) -> PersonReference | None:
    """The reference that ``candidates`` (oldest first) give; None while there are too few good ones.

    Repetitions that a coach rejected are never used, and none of which less than half is certain.
    """
    usable = [c for c in candidates if c.approved is not False and c.confidence >= 0.5]
    approved = [c for c in usable if c.approved]
    chosen, source = (approved, "approved") if len(approved) >= APPROVED_MIN else (_best(usable), "best")
    if not chosen:
        return None
    return PersonReference(
        exercise=exercise,
        side=side,
        version=version,
        source=source,
        reps=len(chosen),
        path=learn_path(chosen, source),
        rom_deg=_median(c.rom_deg for c in chosen),
        hip_flexion_min_deg=_median(c.hip_flexion_min_deg for c in chosen),
        hip_flexion_max_deg=_median(c.hip_flexion_max_deg for c in chosen),
        own=_own_ranges(chosen),
    )


def _best(candidates: Sequence[Candidate]) -> list[Candidate]:
    """The ten of good quality that come nearest to the usual range; none before there are five."""
    good = [c for c in candidates if c.quality]
    if len(good) < BEST_MIN:
        return []
    usual = _median(c.rom_deg for c in good)
    return sorted(good, key=lambda c: abs(c.rom_deg - usual))[:BEST_COUNT]


def learn_path(candidates: Iterable[Candidate], source: str) -> ReferencePath | None:
    """Median path over a common grid of T; None where the thigh hardly turns."""
    paths = [p for c in candidates if (p := _rising(np.asarray(c.path_deg, float))) is not None]
    if not paths:
        return None
    low = float(np.median([p[0, 0] for p in paths]))
    high = float(np.median([p[-1, 0] for p in paths]))
    if high - low < _TURN_MIN_DEG:
        return None
    grid = np.linspace(low, high, PATH_POINTS)
    tilts = np.stack([np.interp(grid, p[:, 0], p[:, 1]) for p in paths])
    return ReferencePath(grid, np.asarray(np.median(tilts, axis=0)), source)


def _rising(path_deg: FloatArray) -> FloatArray | None:
    """Points in order of T, each further than all before it; None when that leaves no path."""
    if path_deg.ndim != 2 or len(path_deg) < 2 or not np.isfinite(path_deg).all():
        return None
    if path_deg[-1, 0] < path_deg[0, 0]:
        path_deg = path_deg[::-1]
    before = np.maximum.accumulate(np.concatenate(([-np.inf], path_deg[:-1, 0])))
    rising = path_deg[path_deg[:, 0] > before + 1e-6]
    if len(rising) < 2 or rising[-1, 0] - rising[0, 0] < _TURN_MIN_DEG:
        return None
    return np.asarray(rising)


def _own_ranges(candidates: Sequence[Candidate]) -> dict[str, OwnRange]:
    names = sorted({name for c in candidates for name in c.metrics if name.startswith(METRIC_PREFIX)})
    ranges = {}
    for name in names:
        values = [c.metrics[name] for c in candidates if isfinite(c.metrics.get(name, float("nan")))]
        if values:
            p10, p50, p90 = (float(v) for v in np.percentile(values, (10, 50, 90)))
            ranges[name.removeprefix(METRIC_PREFIX)] = OwnRange(p10, p50, p90, len(values))
    return ranges


def _median(values: Iterable[float]) -> float:
    known = [v for v in values if isfinite(v)]
    return float(np.median(known)) if known else float("nan")


def reference_document(reference: PersonReference) -> dict[str, Any]:
    """As JSON can keep it; `reference_from` reads it again."""
    path = reference.path
    pairs: list[list[float]] = []
    if path is not None:
        pairs = np.column_stack((path.thigh_pitch_deg, path.pelvis_tilt_deg)).round(3).tolist()
    return {
        "exercise": reference.exercise,
        "side": reference.side.value if reference.side else None,
        "version": reference.version,
        "source": reference.source,
        "reps": reference.reps,
        "path_deg": pairs,
        "own": {
            kind: [round(r.p10, 3), round(r.median, 3), round(r.p90, 3), r.count]
            for kind, r in reference.own.items()
        },
    } | {name: _plain(getattr(reference, name)) for name in _RANGES}


def reference_from(document: Mapping[str, Any]) -> PersonReference:
    """A stored reference. Raises `InputError` that names what is wrong with it."""
    try:
        pairs = np.asarray(document["path_deg"], float).reshape(-1, 2)
        if len(pairs) > _POINTS_MAX:
            raise InputError(f"reference: {len(pairs)} points in path_deg; at most {_POINTS_MAX} are allowed")
        if len(pairs) == 1 or not np.isfinite(pairs).all() or (np.diff(pairs[:, 0]) <= 0.0).any():
            raise InputError("reference: path_deg must rise strictly in T and have two points or none")
        path = ReferencePath(pairs[:, 0], pairs[:, 1], document["source"]) if len(pairs) else None
        side = document["side"]
        return PersonReference(
            exercise=str(document["exercise"]),
            side=Side(side) if side else None,
            version=int(document["version"]),
            source=str(document["source"]),
            reps=int(document["reps"]),
            path=path,
            own={
                k: OwnRange(float(v[0]), float(v[1]), float(v[2]), int(v[3]))
                for k, v in document["own"].items()
            },
            **{k: float("nan") if document[k] is None else float(document[k]) for k in _RANGES},
        )
    except (KeyError, TypeError, ValueError, IndexError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"reference: {type(error).__name__}: {error}") from error


def _plain(value: float) -> float | None:
    return round(value, 3) if isfinite(value) else None
