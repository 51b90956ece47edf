"""Whether the uncertainty told beside an inclination holds: error over sigma, simulated and on BROAD."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from vqf import VQF

from benchmarks.harness import Progress, Report, Row, at_least
from benchmarks.judge.subjects import REPORTED, TUNING, seeds
from benchmarks.recordings import Trial, broad, inclination_error_rad
from benchmarks.rivals import block as block_of
from benchmarks.truth.orientation import CASES as LOSSES
from fusion import exercises
from fusion import quaternion as quat
from fusion.input_gate import InputGate
from fusion.orientation import OrientationEstimator
from fusion.smoothing import smooth_orientation
from fusion.types import FloatArray, ImuBlock, OrientedBlock
from simulator.cases import case_plan
from simulator.session import render

COMMAND = "make accuracy ARGS=orientation_certainty"
PEOPLE = 2
RATE_HZ = 60.0
CASES = ("nominal", "loss_10", "gaps_1")
FAST = ("bounds", "broad_jump", "run", "sled", "sprint", "stairs")
HARD_CASES = ("around_stairs", "gap_5", "saturation")
"""Of the fast movements only; the gyroscope of the last one ends at 125 °/s."""
LEAST_SHARE = 0.97
"""Of samples within three sigma, in every case."""
WORST_SHOWN = 14
NOTE = """An inclination is told with one sigma for each axis. Here is how the whole angle between estimated
and true vertical compares with it, sample by sample: were both axes normally distributed, 86 % would be
within 2σ and 99 % within 3σ. Simulated people (seeds {people}; constants were set on seeds {tuning}
alone): {movements} movements, pelvis and thigh at {rate:.0f} Hz; the last three cases with {fast}
only. "Off unsaid": off by more than 10° and by more than 3σ. VQF tells no uncertainty; its worst error is
given where nothing is lost.
"""

_HEAD = "within 2σ / 3σ | worst, in σ | error, RMS / worst | median σ | off unsaid"

Judged = tuple[FloatArray, FloatArray]
"""Error and sigma (n,), rad."""


@dataclass(frozen=True, slots=True)
class Sensed:
    """One sensor of one simulated set, live and smoothed."""

    movement: str
    case: str
    live: Judged
    smoothed: Judged
    vqf_worst_rad: float


def run(progress: Progress) -> Report:
    """The people that are reported, and every trial of BROAD that is there."""
    return report(list(REPORTED[:PEOPLE]), progress)


def report(people: list[int], progress: Progress) -> Report:
    """Of the people with these seeds."""
    sensed = [s for case, movements in _cells() for s in _of_case(case, movements, people, progress)]
    sections = [_note(people), _by_case(sensed), _by_movement(sensed)]
    trials = broad()
    if trials:
        progress("BROAD")
        sections.append(_by_loss(trials))
    sections.append(f"`{COMMAND}`\n")
    return Report("Stated uncertainty of the inclination", _rows(sensed), "\n\n".join(sections))


def _cells() -> list[tuple[str, tuple[str, ...]]]:
    return [(case, exercises.ids()) for case in CASES] + [(case, FAST) for case in HARD_CASES]


def _of_case(case: str, movements: Iterable[str], people: list[int], progress: Progress) -> Iterable[Sensed]:
    progress(case)
    for movement in movements:
        for seed in people:
            yield from _of_set(movement, case, seed)


def _of_set(movement: str, case: str, seed: int) -> Iterable[Sensed]:
    session = render(case_plan(case, movement, seed, rate_hz=RATE_HZ))
    for segment, sent in session.blocks().items():
        heard = InputGate(f"the {segment.value} sensor").update(sent)
        nearest = np.searchsorted(session.sensors[segment].t_s, heard.t_s - 0.5 / RATE_HZ)
        up = session.true_up(segment)[nearest]
        live, smoothed = OrientationEstimator().update(heard), smooth_orientation(heard)
        yield Sensed(movement, case, _judged(live, up), _judged(smoothed, up), _vqf_worst(heard, up))


def _judged(oriented: OrientedBlock, up: FloatArray) -> Judged:
    return _error_rad(oriented.q_es, up), oriented.inclination_sd_rad


def _error_rad(q_es: FloatArray, up: FloatArray) -> FloatArray:
    seen = quat.rotate(quat.conjugate(q_es), np.array([0.0, 0.0, 1.0]))
    return np.asarray(np.arctan2(np.linalg.norm(quat.cross(seen, up), axis=1), np.sum(seen * up, axis=1)))


def _vqf_worst(heard: ImuBlock, up: FloatArray) -> float:
    gyr, acc = np.ascontiguousarray(heard.gyr_rads), np.ascontiguousarray(heard.acc_ms2)
    return float(_error_rad(VQF(1.0 / RATE_HZ).updateBatch(gyr, acc)["quat6D"], up).max())


def _pooled(judged: Iterable[Judged]) -> Judged:
    errors, sigmas = zip(*judged, strict=True)
    return np.concatenate(errors), np.concatenate(sigmas)


def _rows(sensed: list[Sensed]) -> list[Row]:
    rows = []
    for case in (*CASES, *HARD_CASES):
        error, sigma = _pooled(s.live for s in sensed if s.case == case)
        rows.append(
            at_least(
                f"{case}, within 3 sigma",
                float((error <= 3.0 * sigma).mean()),
                LEAST_SHARE,
                "share",
                command=COMMAND,
            )
        )
    return rows


def _cell(judged: Judged) -> str:
    error, sigma = judged
    ratio = error / sigma
    return f"{(ratio <= 2.0).mean():.1%} / {(ratio <= 3.0).mean():.2%} | {ratio.max():.1f}"


def _sizes(judged: Judged) -> str:
    error, sigma = judged
    unsaid = (error > np.radians(10.0)) & (error > 3.0 * sigma)
    rms, worst = np.degrees(np.sqrt(np.mean(error**2))), np.degrees(error.max())
    return f"{rms:.1f}° / {worst:.0f}° | {np.degrees(np.median(sigma)):.2f}° | {unsaid.mean():.2%}"


def _by_case(sensed: list[Sensed]) -> str:
    lines = [
        f"| case | {_HEAD} | smoothed: within 2σ / 3σ | worst, in σ |",
        "|---" * 8 + "|",
    ]
    for case in (*CASES, *HARD_CASES):
        live = _pooled(s.live for s in sensed if s.case == case)
        smoothed = _pooled(s.smoothed for s in sensed if s.case == case)
        lines.append(f"| {case} | {_cell(live)} | {_sizes(live)} | {_cell(smoothed)} |")
    return "\n".join(lines)


def _by_movement(sensed: list[Sensed]) -> str:
    """The movements and cases with the fewest samples within three sigma."""
    cells = sorted({(s.movement, s.case) for s in sensed})
    of = {c: [s for s in sensed if (s.movement, s.case) == c] for c in cells}
    pooled = {c: _pooled(s.live for s in of[c]) for c in cells}
    worst = sorted(cells, key=lambda c: float((pooled[c][0] <= 3.0 * pooled[c][1]).mean()))[:WORST_SHOWN]
    shown = [*worst, *((m, "nominal") for m in FAST if (m, "nominal") not in worst)]
    lines = [
        f"| movement, case | {_HEAD} | VQF's worst |",
        "|---" * 7 + "|",
    ]
    for cell in shown:
        vqf = f"{np.degrees(max(s.vqf_worst_rad for s in of[cell])):.0f}°" if cell[1] == "nominal" else "–"
        lines.append(f"| {cell[0]}, {cell[1]} | {_cell(pooled[cell])} | {_sizes(pooled[cell])} | {vqf} |")
    return "\n".join(lines)


def _by_loss(trials: list[Trial]) -> str:
    lines = [
        f"| BROAD | {_HEAD} |",
        "|---" * 6 + "|",
    ]
    for case in LOSSES:
        parts = [whole.kept(keep) for trial in trials for whole, keep in case.deliveries(trial)]
        judged = _pooled(_of_trial(part) for part in parts)
        lines.append(f"| {case.name} | {_cell(judged)} | {_sizes(judged)} |")
    return "\n".join(lines)


def _of_trial(part: Trial) -> Judged:
    oriented = OrientationEstimator().update(block_of(part))
    error = inclination_error_rad(oriented.q_es, part)
    seen = part.judged & np.isfinite(error)
    return error[seen], oriented.inclination_sd_rad[seen]


def _note(people: list[int]) -> str:
    return NOTE.format(
        people=", ".join(map(str, people)),
        tuning=f"{TUNING[0]} to {TUNING[-1]}",
        movements=len(exercises.ids()),
        rate=RATE_HZ,
        fast=", ".join(FAST),
    )


if __name__ == "__main__":
    print(report(seeds(sys.argv[1], PEOPLE), lambda text: print(text, file=sys.stderr)).markdown)
