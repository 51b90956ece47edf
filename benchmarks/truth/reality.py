"""Is the simulator as unquiet as life? Simulated and real recordings in spectrum, jerk and noise at rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.signal import welch

from benchmarks.harness import Progress, Report, Row
from benchmarks.recordings import DATA, broad
from fusion.types import FloatArray, ImuBlock, Segment
from sensors.imports import read_qmt
from simulator.plan import SetPlan
from simulator.session import SessionPlan, render

COMMAND = "make accuracy ARGS=reality"
RATE_HZ = 100.0
SEGMENTS = (Segment.PELVIS, Segment.THIGH_RIGHT, Segment.THORAX, Segment.SHANK_RIGHT)
SEEDS = range(1_000, 1_006)
SETS = (
    SetPlan("walk", 12),
    SetPlan("squat_parallel", 4, before=("walk 12", "plates 1")),
    SetPlan("lunge_forward", 4),
    SetPlan("single_leg_squat", 3),
)
RATES_DPS = ((5.0, 20.0), (20.0, 60.0), (60.0, 150.0))
BANDS_HZ = ((0.2, 3.0), (3.0, 10.0), (10.0, 25.0), (25.0, 45.0))
_REST_S = 2.0
NOTE = """A person with sensors on the whole body ([qmt](https://github.com/dlaidig/qmt), MIT, 100 s of free
movement at 100 Hz) beside {people} simulated people (seeds {first} to {last}) who walk, squat,
lunge and stand. *At rest*: the quietest two seconds, standard deviation over the three axes
together. *Jerk*: 90th centile of the size of the acceleration's derivative. *Bands*: share of the
power of the acceleration. *At … °/s*: seconds in which the segment turns that fast, so that like is
compared with like: half of the recording is faster than training ever is, and its thigh sensors swing on
the skin at 8 to 10 Hz. A ratio below one says that the simulator is quieter than life. The free
movement of one person is no target to be met to a digit: the aim is that nothing is cleaner than
life by more than a factor of about two.
"""


@dataclass(frozen=True, slots=True)
class Traits:
    """What a recording of one sensor is like."""

    rest_gyr_dps: float
    rest_acc_ms2: float
    jerk_ms3: float
    bands: tuple[float, ...]
    at_rate: tuple[float, ...]
    """At each range of `RATES_DPS`: jerk (m/s³) and angular acceleration (°/s²), median over seconds."""


def run(progress: Progress) -> Report:
    """Real beside simulated, for every segment; and a lying sensor beside BROAD's."""
    path = DATA / "qmt" / "full_body_example_data.mat"
    if not path.exists():
        return Report("Simulator beside life (no recordings: set ILIUM_DATA)")
    progress("real")
    real = {s: traits(b.acc_ms2, b.gyr_rads, RATE_HZ) for s, b in read_qmt(path).items() if s in SEGMENTS}
    progress("simulated")
    people = [_simulated(seed) for seed in SEEDS]
    made = {s: mean([traits(p[s].acc_ms2, p[s].gyr_rads, RATE_HZ) for p in people]) for s in SEGMENTS}
    rows = [row for s in SEGMENTS for row in _rows(s, made[s], real[s])]
    lines = ["| segment | trait | simulated | real | ratio |", "|---|---|---|---|---|"]
    lines += [f"| {' | '.join(cells)} |" for s in SEGMENTS for cells in _cells(s, made[s], real[s])]
    note = NOTE.format(people=len(SEEDS), first=SEEDS[0], last=SEEDS[-1])
    return Report("Simulator beside life", rows, "\n".join([note, *lines, *_chip(), f"\n`{COMMAND}`\n"]))


def traits(acc_ms2: FloatArray, gyr_rads: FloatArray, rate_hz: float) -> Traits:
    """Traits of samples (n, 3) at ``rate_hz``."""
    gyr, acc = _rest(acc_ms2, gyr_rads, rate_hz)
    jerk = np.linalg.norm(np.diff(acc_ms2, axis=0), axis=1) * rate_hz
    f, power = welch(acc_ms2 - acc_ms2.mean(axis=0), rate_hz, nperseg=512, axis=0)
    total = power.sum(axis=1)
    shares = tuple(
        float(total[(f >= a) & (f < b)].sum() / total[f >= BANDS_HZ[0][0]].sum()) for a, b in BANDS_HZ
    )
    return Traits(gyr, acc, float(np.quantile(jerk, 0.9)), shares, _at_rates(acc_ms2, gyr_rads, rate_hz))


def _at_rates(acc_ms2: FloatArray, gyr_rads: FloatArray, rate_hz: float) -> tuple[float, ...]:
    """Jerk and angular acceleration of seconds by how fast they turn; NaN where none is so fast."""
    gyr_dps = np.degrees(gyr_rads)
    n, m = int(rate_hz), (len(acc_ms2) - 1) // int(rate_hz)
    changes = (np.diff(acc_ms2, axis=0) * rate_hz, np.diff(gyr_dps, axis=0) * rate_hz)
    rate, jerk, turning = (
        np.sqrt((x[: n * m].reshape(m, n, 3) ** 2).sum(axis=2).mean(axis=1)) for x in (gyr_dps, *changes)
    )
    found: list[float] = []
    for low, high in RATES_DPS:
        inside = (rate >= low) & (rate < high)
        found += [float(np.median(x[inside])) if inside.any() else float("nan") for x in (jerk, turning)]
    return tuple(found)


def mean(group: Sequence[Traits]) -> Traits:
    """Mean of several people."""
    bands = np.mean([t.bands for t in group], axis=0)
    return Traits(
        float(np.mean([t.rest_gyr_dps for t in group])),
        float(np.mean([t.rest_acc_ms2 for t in group])),
        float(np.mean([t.jerk_ms3 for t in group])),
        tuple(float(b) for b in bands),
        tuple(float(x) for x in np.nanmean([t.at_rate for t in group], axis=0)),
    )


def _rest(acc_ms2: FloatArray, gyr_rads: FloatArray, rate_hz: float) -> tuple[float, float]:
    n = int(_REST_S * rate_hz)
    starts = range(0, len(acc_ms2) - n, n // 2)
    spread = [
        (np.degrees(np.linalg.norm(gyr_rads[k : k + n].std(0))), np.linalg.norm(acc_ms2[k : k + n].std(0)))
        for k in starts
    ]
    gyr, acc = min(spread)
    return float(gyr), float(acc)


def _simulated(seed: int) -> dict[Segment, ImuBlock]:
    return render(SessionPlan(SETS, seed, rate_hz=RATE_HZ, segments=SEGMENTS)).blocks()


def _pairs(made: Traits, real: Traits) -> list[tuple[str, str, float, float]]:
    pairs = [
        ("rate at rest", "°/s", made.rest_gyr_dps, real.rest_gyr_dps),
        ("acceleration at rest", "m/s²", made.rest_acc_ms2, real.rest_acc_ms2),
        ("jerk", "m/s³", made.jerk_ms3, real.jerk_ms3),
    ]
    for k, (low, high) in enumerate(RATES_DPS):
        where = f"at {low:g}–{high:g} °/s"
        pairs.append((f"jerk {where}", "m/s³", made.at_rate[2 * k], real.at_rate[2 * k]))
        angular = made.at_rate[2 * k + 1], real.at_rate[2 * k + 1]
        pairs.append((f"angular acceleration {where}", "°/s²", *angular))
    for (low, high), a, b in zip(BANDS_HZ, made.bands, real.bands, strict=True):
        pairs.append((f"{low:g}–{high:g} Hz", "", a, b))
    return pairs


def _rows(segment: Segment, made: Traits, real: Traits) -> list[Row]:
    return [
        Row(f"{segment.value}: {name}", a, unit, "real", b, command=COMMAND)
        for name, unit, a, b in _pairs(made, real)
    ]


def _cells(segment: Segment, made: Traits, real: Traits) -> list[tuple[str, ...]]:
    return [
        (segment.value, name, f"{a:.3g} {unit}", f"{b:.3g} {unit}", f"{a / b:.2f}")
        for name, unit, a, b in _pairs(made, real)
    ]


def _chip() -> list[str]:
    """A sensor that lies still: the error model of a chip beside the quietest stretch of BROAD."""
    trials = broad()
    if not trials:
        return []
    real = min(_rest(t.acc_ms2, t.gyr_rads, t.rate_hz) for t in trials)
    return [f"\nLying still, BROAD's chip: {real[0]:.3f} °/s and {real[1]:.4f} m/s² at 286 Hz."]
