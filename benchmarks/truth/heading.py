"""Headings: of two sensors on a joint without a magnetometer, of one with; beside VQF on the same samples."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from vqf import VQF

from benchmarks.harness import Progress, Report, Row, at_most
from benchmarks.recordings import (
    JointRecording,
    MagneticTrial,
    broad_with_field,
    heading_rmse_deg,
    joints,
)
from fusion import quaternion as quat
from fusion.analysis import analyze
from fusion.estimate import estimate_orientation
from fusion.kinematics import Kinematics
from fusion.orientation import OrientationEstimator
from fusion.pipeline import PipelineConfig
from fusion.relative_heading import about_vertical, estimate_relative_orientation
from fusion.resample import GridAligner
from fusion.types import FloatArray, ImuBlock, Segment, SignalBlock
from simulator.plan import SetPlan
from simulator.session import SessionPlan, render

COMMAND = "make accuracy ARGS=heading"
SEGMENTS = (Segment.PELVIS, Segment.THIGH_RIGHT)
OUT_OF_PLANE = ("hip_adduction_right_deg", "hip_rotation_right_deg")
TUNED = frozenset({"1D_01", "2D_01"})
FOUND_S = 5.0
NOTE = f"""Root mean square angle between the estimated and the optical orientation of one sensor in the
other, no magnetometer, on the recordings of [dfjimu](https://github.com/daniel-om-weber/dfjimu) (MIT): two
sensors on a joint with one or two degrees of freedom, 50 Hz, a minute each. VQF-6D cannot know the heading
between two sensors: it is given the true one at the first sample. Ilium is once given the same, and else
nothing: no levers, no heading, nor the kind of joint unless "hinge" says so. "From {FOUND_S:g} s" leaves out
the time until the first movement has shown the heading. Samples where the optical orientation turns faster
than the sensors by more than 10 rad/s (six of 1D_01) are left out for all. The constants were set looking
at {" and ".join(sorted(TUNED))} only; the last row is without them. In a minute VQF drifts little: what the
constraint adds grows with the length of the session.
"""
MAGNETIC_NOTE = """Root mean square error of one sensor's heading with its magnetometer on the trials of BROAD
that were there: rules and constants are VQF's, nothing was tuned.
"""
DRIFT_DPS = 0.3
DRIFT_SEEDS = range(101, 105)
DRIFT_NOTE = f"""Hip adduction and rotation of simulated squats (five repetitions after a walk of 20 s,
seeds {DRIFT_SEEDS[0]} to {DRIFT_SEEDS[-1]}, none used for tuning) while the thigh's gyroscope drifts by
{DRIFT_DPS:g} °/s about the vertical, which nothing in one sensor's motion shows. Root mean square error over
all, and the worst. "Free" is the same without the joint: each sensor with the heading it had at the stand.
"""
HEADER = (
    "VQF-6D, start given",
    "causal, start given",
    f"causal, nothing given, from {FOUND_S:g} s",
    "recording, nothing given",
    "recording, hinge",
)


def run(progress: Progress) -> Report:
    """Every recording with every form of the estimate."""
    parts = [
        part for part in (_relative(progress), _drifting(progress), _magnetic(progress)) if part is not None
    ]
    if not parts:
        return Report("Headings (no recordings: set ILIUM_DATA)")
    rows = [row for part in parts for row in part.rows]
    return Report("Headings", rows, "\n".join(part.markdown for part in parts) + f"\n`{COMMAND}`\n")


def _relative(progress: Progress) -> Report | None:
    """None when the recordings are not there."""
    recordings = joints()
    if not recordings:
        return None
    progress("relative orientation of two sensors on a joint")
    table = np.array([_errors(r) for r in recordings])
    fresh = np.array([r.name not in TUNED for r in recordings])
    lines = ["| recording | " + " | ".join(HEADER) + " |", "|---" * (len(HEADER) + 1) + "|"]
    lines += [_line(r.name, row) for r, row in zip(recordings, table, strict=True)]
    for name, kept in (("mean", slice(None)), ("mean, not used for tuning", fresh)):
        lines.append(_line(name, [*table[kept, :4].mean(0), np.nan]))
    return Report("", _rows(table, fresh), NOTE + "\n" + "\n".join(lines) + "\n")


def _drifting(progress: Progress) -> Report:
    progress("adduction and rotation while a gyroscope drifts")
    errors = [_drift_errors(seed) for seed in DRIFT_SEEDS]
    ours, free = (np.concatenate([e[k] for e in errors]) for k in (0, 1))
    figures = [float(np.sqrt(np.mean(e**2))) for e in (ours, free)]
    worst = [float(np.abs(e).max()) for e in (ours, free)]
    lines = ["| | RMSE | worst |", "|---|---|---|"]
    for name, rmse, most in zip(("Ilium", "free"), figures, worst, strict=True):
        lines.append(f"| {name} | {rmse:.1f}° | {most:.1f}° |")
    name = f"adduction and rotation at {DRIFT_DPS:g} °/s of drift"
    row = at_most(name, figures[0], 3.0, "deg", command=COMMAND, rival="free", rival_value=figures[1])
    return Report("", [row], DRIFT_NOTE + "\n" + "\n".join(lines) + "\n")


def _drift_errors(seed: int) -> tuple[FloatArray, FloatArray]:
    """Errors of both angles (the simulated hip does neither), with the joint and without."""
    session = render(SessionPlan([SetPlan("squat_parallel", 5, walk_s=20.0)], seed, segments=SEGMENTS))
    blocks = {}
    for segment, x in session.sensors.items():
        gyr = x.gyr_rads.copy()
        if segment is not Segment.PELVIS:
            up_s = x.acc_ms2[30:150].mean(axis=0)
            gyr[x.t_s > 6.0] += np.radians(DRIFT_DPS) * up_s / np.linalg.norm(up_s)
        quality = np.zeros(len(x.t_s), np.uint8)
        blocks[segment] = ImuBlock(segment.value, 0, x.t_s, x.acc_ms2, gyr, None, quality)
    config = PipelineConfig({s.value: s for s in SEGMENTS}, "squat_parallel")
    analysis = analyze({s.value: b for s, b in blocks.items()}, config)
    grid = GridAligner(SEGMENTS, config.rate_hz)
    for segment, block in blocks.items():
        grid.push(segment, OrientationEstimator().update(block))
    whole = grid.flush()
    assert whole is not None
    assert analysis.signals is not None
    free = Kinematics(analysis.alignments).update(whole)
    return _out_of_plane(analysis.signals), _out_of_plane(free)


def _out_of_plane(signals: SignalBlock) -> FloatArray:
    values = np.concatenate([signals[name] for name in OUT_OF_PLANE])
    return np.asarray(values[np.isfinite(values)])


def _magnetic(progress: Progress) -> Report | None:
    """None when the recordings are not there."""
    trials = broad_with_field()
    if not trials:
        return None
    progress("heading with a magnetometer")
    table = np.array([_magnetic_errors(t) for t in trials])
    disturbed = np.array([t.disturbed for t in trials])
    lines, rows = ["| field | Ilium | worst | VQF-9D | worst |", "|---|---|---|---|---|"], []
    for name, kept in (("undisturbed", ~disturbed), ("disturbed", disturbed)):
        (ours, rival), (worst, rival_worst) = table[kept].mean(0), table[kept].max(0)
        lines.append(f"| {name} | {ours:.2f}° | {worst:.2f}° | {rival:.2f}° | {rival_worst:.2f}° |")
        case, limit = f"heading with a magnetometer, {name}", round(1.05 * float(rival), 3)
        rivals = {"rival": "vqf 9D", "rival_value": float(rival)}
        rows.append(at_most(case, float(ours), limit, "deg", command=COMMAND, **rivals))
    return Report("", rows, MAGNETIC_NOTE + "\n" + "\n".join(lines) + "\n")


def _magnetic_errors(t: MagneticTrial) -> tuple[float, float]:
    """Ours and VQF's heading error."""
    acc, gyr = t.trial.acc_ms2, t.trial.gyr_rads
    ours = estimate_orientation(t_s=t.trial.t_s, acc_ms2=acc, gyr_rads=gyr, mag_ut=t.mag_ut)
    rival = VQF(1.0 / t.trial.rate_hz).updateBatch(gyr, acc, t.mag_ut)["quat9D"]
    return heading_rmse_deg(ours, t.trial), heading_rmse_deg(rival, t.trial)


def _rows(table: FloatArray, fresh: np.ndarray) -> list[Row]:
    rows = []
    for k, name in (
        (1, "causal, start given"),
        (2, "causal, nothing given"),
        (3, "recording, nothing given"),
    ):
        for kept, which in ((slice(None), "all"), (fresh, "not tuned on")):
            rival = {"rival": "vqf, start given", "rival_value": float(table[kept, 0].mean())}
            value = float(table[kept, k].mean())
            rows.append(at_most(f"relative, {name}, {which}", value, 2.5, "deg", command=COMMAND, **rival))
    return rows


def _line(name: str, values: Iterable[float]) -> str:
    return f"| {name} | " + " | ".join("–" if np.isnan(v) else f"{v:.2f}°" for v in values) + " |"


def _errors(r: JointRecording) -> list[float]:
    samples = r.t_s, r.acc1_ms2, r.gyr1_rads, r.acc2_ms2, r.gyr2_rads
    late = r.seen & (r.t_s >= FOUND_S)
    return [
        _rmse_deg(_vqf(r), r, r.seen),
        _rmse_deg(estimate_relative_orientation(*samples, start_q_s1_s2=r.truth[0]), r, r.seen),
        _rmse_deg(estimate_relative_orientation(*samples), r, late),
        _rmse_deg(estimate_relative_orientation(*samples, smooth=True), r, r.seen),
        _rmse_deg(estimate_relative_orientation(*samples, dof=1, smooth=True), r, r.seen)
        if r.dof == 1
        else np.nan,
    ]


def _rmse_deg(q: FloatArray, r: JointRecording, judged: np.ndarray) -> float:
    error_deg = np.degrees(quat.angle_rad(q, r.truth))[judged]
    return float(np.sqrt(np.mean(error_deg**2)))


def _vqf(r: JointRecording) -> FloatArray:
    """VQF-6D of both, the heading between them right at the first sample."""
    period_s = float(r.t_s[1] - r.t_s[0])
    first, second = (
        VQF(period_s).updateBatch(gyr, acc)["quat6D"]
        for acc, gyr in ((r.acc1_ms2, r.gyr1_rads), (r.acc2_ms2, r.gyr2_rads))
    )
    between = quat.multiply(quat.multiply(first[0], r.truth[0]), quat.conjugate(second[0]))
    heading = about_vertical(2.0 * np.arctan2(between[3], between[0]))
    return quat.multiply(quat.conjugate(first), quat.multiply(heading, second))
