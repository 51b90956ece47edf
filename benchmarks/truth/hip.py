"""Hip flexion and pelvic tilt of virtual people who move in all planes, with and without a stand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from benchmarks.harness import Progress, Report, Row, at_most
from benchmarks.hip_people import MOVEMENTS, Recording, record
from fusion.analysis import analyze
from fusion.pipeline import PipelineConfig
from fusion.types import FloatArray, Segment

COMMAND = "make accuracy ARGS=hip"
SEEDS = range(201, 204)
"""None of these was looked at while the alignment was made; that was done on seeds 1 to 8."""
HARD = frozenset({"side leg raise", "jumping jack"})
"""Movements of the frontal plane under the name of another exercise: nothing tells their plane."""
NOTE = f"""{len(MOVEMENTS)} movements of {len(SEEDS)} virtual people each (seeds {SEEDS[0]} to {SEEDS[-1]};
the constants of the alignment were looked at on seeds 1 to 8). Pelvis and both thighs, sensors any way
round, soft tissue that turns the sensors by 3–8 % (thigh) and 2–5 % (pelvis) of the flexion and hides 10–50 %
of the rotation, stands that differ by 1.5°. *4 s stand*: found by itself. *1.5 s stand*: told. *Cold*: cut
off in the middle of the movement, a stand only at the end. *Live*: as it is said live, without a second look.
RMSE of hip flexion (both sides) in degrees, in brackets with the offset removed. "Simple" is what one does
without all this: gravity in the stand, the main axis of the rate as left–right axis, φ = P + T, nothing else.
The last two movements are done under another exercise's name and in another plane; they are not part of the
means, and show what is not solved: without being told, nothing says in which plane a leg is swung.
That a short stand may replace a guessed zero was decided when rdl was seen to fail here (24.6°), and that two
seconds are enough for it when rdl failed here again (47°); one of seeds 6 to 30 showed why.
"""


@dataclass(frozen=True, slots=True)
class Case:
    """How a recording begins, and whether it is looked at twice."""

    stand_s: float = 4.0
    told: tuple[float, float] | None = None
    cold_s: float = 0.0
    review: bool = True


CASES: Mapping[str, Case] = {
    "4 s stand": Case(),
    "1.5 s stand": Case(1.6, (0.05, 1.55)),
    "cold": Case(cold_s=5.3),
    "live": Case(review=False),
}


@dataclass(frozen=True, slots=True)
class Errors:
    """RMSE in deg, and the same with the offset removed: hip of both sides, pelvis."""

    hip: float
    hip_free: float
    tilt: float
    tilt_free: float


def run(progress: Progress) -> Report:
    """Every movement, person and case."""
    table: dict[str, dict[str, list[Errors]]] = {}
    for name in [*(m for m in MOVEMENTS if m not in HARD), *sorted(HARD)]:
        progress(name)
        table[name] = {c: [_judge(name, seed, how) for seed in SEEDS] for c, how in CASES.items()}
        table[name]["simple"] = [_simple(record(name, seed)) for seed in SEEDS]
    return Report(
        "Hip flexion in all planes", _rows(table), NOTE + "\n" + _table(table) + f"\n\n`{COMMAND}`\n"
    )


def _rows(table: Mapping[str, Mapping[str, list[Errors]]]) -> list[Row]:
    simple = _mean(table, "simple")
    rows = []
    for case, limit, free in (("4 s stand", 5.0, 2.5), ("1.5 s stand", 5.0, 2.5), ("cold", None, 3.5)):
        ours = _mean(table, case)
        rival = {"rival": "simple, 4 s stand", "command": COMMAND}
        if limit is not None:
            rows.append(
                at_most(f"hip flexion RMSE, {case}", ours.hip, limit, "deg", rival_value=simple.hip, **rival)
            )
        name = f"hip flexion RMSE, {case}, offset removed"
        rows.append(at_most(name, ours.hip_free, free, "deg", rival_value=simple.hip_free, **rival))
    return rows


def _mean(table: Mapping[str, Mapping[str, list[Errors]]], case: str) -> Errors:
    every = [e for name, cases in table.items() if name not in HARD for e in cases[case]]
    return _average(every)


def _average(errors: list[Errors]) -> Errors:
    fields = [(e.hip, e.hip_free, e.tilt, e.tilt_free) for e in errors]
    return Errors(*(float(v) for v in np.mean(fields, axis=0)))


def _table(table: Mapping[str, Mapping[str, list[Errors]]]) -> str:
    columns = [*CASES, "simple"]
    lines = [f"| movement | {' | '.join(columns)} | tilt, 4 s |", "|" + " --- |" * (len(columns) + 2)]
    for name, cases in table.items():
        lines.append(_line(name, [_average(cases[c]) for c in columns]))
    lines.append(_line("**mean** (first 14)", [_mean(table, c) for c in columns]))
    return "\n".join(lines)


def _line(name: str, cells: list[Errors]) -> str:
    hips = " | ".join(f"{e.hip:.1f} ({e.hip_free:.1f})" for e in cells)
    return f"| {name} | {hips} | {cells[0].tilt:.1f} ({cells[0].tilt_free:.1f}) |"


def _judge(name: str, seed: int, how: Case) -> Errors:
    recording = record(name, seed, stand_s=how.stand_s)
    if how.cold_s:
        recording = recording.after(how.cold_s)
    worn = {device: Segment(device) for device in recording.blocks}
    config = PipelineConfig(worn, recording.exercise, stand_between_s=how.told)
    signals = analyze(recording.blocks, config, review=how.review).signals
    assert signals is not None
    return _errors(recording, signals.t_s, {name: signals[name] for name in recording.truth})


def _errors(recording: Recording, t_s: FloatArray, angles: Mapping[str, FloatArray]) -> Errors:
    found = {}
    for name, values in angles.items():
        error = values - np.interp(t_s, recording.t_s, recording.truth[name])
        error = error[np.isfinite(error)]
        found[name] = (float(np.sqrt(np.mean(error**2))), float(np.std(error)))
    hips = np.mean([v for name, v in found.items() if name.startswith("hip")], axis=0)
    return Errors(float(hips[0]), float(hips[1]), *found["pelvis_tilt_deg"])


def _simple(recording: Recording) -> Errors:
    """Gravity of the stand, main axis of the rate, the sign that the truth has: P and P + T."""
    from fusion import quaternion as quat
    from fusion.orientation import OrientationEstimator

    pitch = {}
    for name, block in recording.blocks.items():
        oriented = OrientationEstimator().update(block)
        up = quat.rotate(quat.conjugate(oriented.q_es), np.array([0.0, 0.0, 1.0]))
        y_s = up[30:350].mean(axis=0)
        y_s /= np.linalg.norm(y_s)
        z_s = np.linalg.eigh(oriented.gyr_rads.T @ oriented.gyr_rads)[1][:, -1]
        z_s -= (z_s @ y_s) * y_s
        z_s /= np.linalg.norm(z_s)
        pitch[name] = np.degrees(np.arctan2(up @ np.cross(y_s, z_s), up @ y_s))
    tilt = _signed(pitch["pelvis"], recording.truth["pelvis_tilt_deg"])
    angles = {"pelvis_tilt_deg": tilt}
    for side in ("right", "left"):
        truth = recording.truth[f"hip_flexion_{side}_deg"]
        thigh = _signed(pitch[f"thigh_{side}"], truth - recording.truth["pelvis_tilt_deg"])
        angles[f"hip_flexion_{side}_deg"] = tilt + thigh
    return _errors(recording, recording.t_s, angles)


def _signed(values: FloatArray, truth: FloatArray) -> FloatArray:
    return values if np.sum((values - truth) ** 2) <= np.sum((values + truth) ** 2) else -values
