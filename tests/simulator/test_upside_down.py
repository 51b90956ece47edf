"""A played movement that turns the pelvis past the vertical, head down: tilt goes on beyond 180°."""

from __future__ import annotations

import numpy as np
import pytest

from fusion.analysis import Analysis, analyze
from fusion.pipeline import PipelineConfig
from fusion.types import FloatArray, ImuBlock, Segment, SegmentAlignment
from simulator.athlete import Athlete
from simulator.body import Build
from simulator.imu import Instants, exact_samples
from simulator.motion import Coordinate, Motion
from simulator.subject import MODEL_SUBJECT
from simulator.truth import true_angles
from simulator.wearing import draw_mounting

RATE_HZ = 60.0
HANGING = {
    Coordinate.PELVIS_TILT: 200.0,
    Coordinate.THORAX_TILT: 200.0,
    Coordinate.THIGH_PITCH_RIGHT: -130.0,
    Coordinate.THIGH_PITCH_LEFT: -130.0,
}


@pytest.fixture(scope="module")
def motion() -> Motion:
    """A stand, three deadlifts, folded down until the head hangs, and back."""
    athlete = Athlete(MODEL_SUBJECT, np.random.default_rng(3))
    athlete.stand(5.0)
    athlete.perform("rdl", 3)
    athlete.script.move(3.0, HANGING)
    athlete.script.move(2.0)
    athlete.script.move(3.0, dict.fromkeys(HANGING, 0.0))
    athlete.stand(4.0)
    return athlete.motion()


@pytest.fixture(scope="module")
def analysis(motion: Motion) -> Analysis:
    t_s = np.arange(1, int(motion.duration_s * RATE_HZ)) / RATE_HZ
    instants, blocks, worn = Instants.of(motion, t_s), {}, {}
    for k, segment in enumerate((Segment.PELVIS, Segment.THIGH_RIGHT)):
        mounting = draw_mounting(segment, np.random.default_rng(k), rigid=True)
        worn[segment] = SegmentAlignment(segment, mounting.q_sb, "given", 1.0)
        seen = exact_samples(instants, Build(), mounting)
        quality = np.zeros(len(t_s), np.uint8)
        blocks[segment.value] = ImuBlock(segment.value, 0, t_s, seen.acc_ms2, seen.gyr_rads, None, quality)
    devices = {s: Segment(s) for s in blocks}
    return analyze(blocks, PipelineConfig(devices, "rdl", alignments=worn))


def seen_and_true(analysis: Analysis, motion: Motion, name: str) -> tuple[FloatArray, FloatArray]:
    assert analysis.signals is not None
    return analysis.signals[name], true_angles(motion, analysis.signals.t_s)[name]


def test_tilt_goes_on_past_180_degrees_without_a_jump(analysis: Analysis, motion: Motion) -> None:
    tilt_deg, true_deg = seen_and_true(analysis, motion, "pelvis_tilt_deg")
    assert true_deg.max() == pytest.approx(200.0)
    assert tilt_deg == pytest.approx(true_deg, abs=1.0)
    assert np.abs(np.diff(tilt_deg)).max() < 5.0


def test_the_thigh_is_read_right_beside_it(analysis: Analysis, motion: Motion) -> None:
    pitch_deg, true_deg = seen_and_true(analysis, motion, "thigh_pitch_right_deg")
    assert pitch_deg == pytest.approx(true_deg, abs=1.0)


def test_the_repetitions_before_it_are_counted_and_hanging_is_none(analysis: Analysis) -> None:
    assert sum(rep.full for done in analysis.sets for rep in done.reps) == 3
