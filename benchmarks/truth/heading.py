"""Relative orientation of two sensors on a joint, beside VQF on the same samples."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from vqf import VQF

from benchmarks.harness import Progress, Report, Row, at_most
from benchmarks.recordings import JointRecording, joints
from fusion import quaternion as quat
from fusion.relative_heading import about_vertical, estimate_relative_orientation
from fusion.types import FloatArray

COMMAND = "make accuracy ARGS=heading"
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
HEADER = (
    "VQF-6D, start given",
    "causal, start given",
    f"causal, nothing given, from {FOUND_S:g} s",
    "recording, nothing given",
    "recording, hinge",
)


def run(progress: Progress) -> Report:
    """Every recording with every form of the estimate."""
    recordings = joints()
    if not recordings:
        return Report("Relative orientation (no recordings: set ILIUM_DATA)")
    progress("relative orientation of two sensors on a joint")
    table = np.array([_errors(r) for r in recordings])
    fresh = np.array([r.name not in TUNED for r in recordings])
    lines = ["| recording | " + " | ".join(HEADER) + " |", "|---" * (len(HEADER) + 1) + "|"]
    lines += [_line(r.name, row) for r, row in zip(recordings, table, strict=True)]
    lines += [
        _line("mean", table[:, :4].mean(0)),
        _line("mean, not used for tuning", table[fresh, :4].mean(0)),
    ]
    markdown = NOTE + "\n" + "\n".join(lines) + f"\n\n`{COMMAND}`\n"
    return Report("Relative orientation without a magnetometer", _rows(table, fresh), markdown)


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
