"""What repetitions, sets and findings cost: twelve athletes, a tenth of a second of signals at a time.

Processor time, so that what else the machine does is not counted.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from time import thread_time

import numpy as np

from benchmarks.harness import Progress, Report, Row, at_most
from fusion import exercises
from fusion.movement.analyzer import MovementAnalyzer
from fusion.recognition.auto import AutoAnalyzer
from fusion.types import Side, SignalBlock

COMMAND = "make bench ARGS=movement"
ATHLETES = 12
RATE_HZ = 60.0
SIZE = 6
_PERIOD_S = 4.0


def run(progress: Progress) -> Report:
    """Twelve hip thrusts side by side; the rival is a loop over the samples in Python, as short as can be."""
    progress(COMMAND)
    signals = _signals(40.0)
    pieces = [_piece(signals, k) for k in range(0, len(signals), SIZE)]
    people = [MovementAnalyzer(exercises.load("hip_thrust"), Side.RIGHT, RATE_HZ) for _ in range(ATHLETES)]
    ours = [_timed(people, piece) for piece in pieces]
    warm = len(ours) // 4
    loop = statistics.median(_loop_ms(piece) for piece in pieces)
    mean = statistics.fmean(ours[warm:])
    name = f"{ATHLETES} athletes, 100 ms of signals"
    late, worst = np.percentile(ours[warm:], (99.0, 100.0)).tolist()
    progress("nobody said what they do")
    unnamed = [AutoAnalyzer(Side.RIGHT, RATE_HZ) for _ in range(ATHLETES)]
    auto = statistics.fmean([_timed(unnamed, piece) for piece in pieces][warm:])
    rows = [
        at_most(name, mean, 0.5, "ms", rival="Python over the samples", rival_value=loop, command=COMMAND),
        at_most(f"{name}, median", statistics.median(ours[warm:]), 0.5, "ms", command=COMMAND),
        Row(f"{name}, p99: all twelve end a repetition", late, "ms", command=COMMAND),
        Row(f"{name}, worst", worst, "ms", command=COMMAND),
        Row(f"{name}, exercise auto", auto, "ms", "exercise said", mean, command=COMMAND),
    ]
    return Report("Movement", rows)


def _timed(people: Sequence[MovementAnalyzer | AutoAnalyzer], piece: SignalBlock) -> float:
    start = thread_time()
    for one in people:
        one.update(piece)
    return 1e3 * (thread_time() - start)


def _loop_ms(piece: SignalBlock) -> float:
    """The least a loop over samples does: low-pass, speed, one comparison."""
    start = thread_time()
    for _ in range(ATHLETES):
        x = extreme = 0.0
        still = 0
        rows = np.stack([piece[n] for n in piece.names[:5]], axis=-1)
        for row in rows.tolist():
            before, x = x, x + 0.4 * (row[0] - x)
            still = still + 1 if abs(x - before) < 0.17 else 0
            extreme = max(x, extreme)
    return 1e3 * (thread_time() - start)


def _signals(duration_s: float) -> SignalBlock:
    t_s = np.arange(0.0, duration_s, 1.0 / RATE_HZ)
    share = 0.5 - 0.5 * np.cos(2.0 * np.pi * t_s / _PERIOD_S)
    tilt, pitch = -50.0 - 47.0 * share, 127.0 - 35.0 * share
    rows = {
        "pelvis_tilt_deg": tilt,
        "pelvis_list_deg": 0.0 * t_s,
        "pelvis_tilt_rate_dps": np.gradient(tilt, t_s),
        "pelvis_acc_up_ms2": 0.0 * t_s,
        "thigh_pitch_right_deg": pitch,
        "thigh_pitch_rate_right_dps": np.gradient(pitch, t_s),
        "hip_flexion_right_deg": tilt + pitch,
        "hip_adduction_right_deg": 0.0 * t_s,
        "hip_rotation_right_deg": 0.0 * t_s,
        "thigh_opening_right_deg": 0.0 * t_s,
        "hip_flexion_rate_right_dps": np.gradient(tilt + pitch, t_s),
    }
    values = np.array(list(rows.values()))
    return SignalBlock(t_s, RATE_HZ, tuple(rows), values, np.full_like(values, 2.0))


def _piece(signals: SignalBlock, start: int) -> SignalBlock:
    part = slice(start, start + SIZE)
    return SignalBlock(
        signals.t_s[part], RATE_HZ, signals.names, signals.values[:, part], signals.sd[:, part]
    )
