"""A zero from the motion alone: what it does not know of the pose it says."""

from __future__ import annotations

import numpy as np
import pytest

from fusion.alignment.reference import Reference
from fusion.analysis import Analysis, analyze
from fusion.input_checks import rows_of
from fusion.pipeline import PipelineConfig
from fusion.types import CalibrationEvent, Segment
from simulator.cases import case_plan
from simulator.session import SimulatedSession, render
from simulator.truth import true_angles


def cold(movement: str, seed: int) -> tuple[SimulatedSession, Analysis]:
    """Only what was recorded from the middle of the first repetition to the end of the last."""
    session = render(case_plan("nominal", movement, seed))
    reps = session.sets[0].reps
    start_s = 0.6 * reps[0].t_start_s + 0.4 * reps[0].t_end_s
    parts = {
        s.value: rows_of(b, (b.t_s >= start_s) & (b.t_s < reps[-1].t_end_s))
        for s, b in session.blocks().items()
    }
    return session, analyze(parts, PipelineConfig({s: Segment(s) for s in parts}, movement))


@pytest.mark.parametrize("movement", ["rdl", "back_extension", "kettlebell_swing", "squat_parallel"])
def test_a_zero_without_a_stand_is_never_far_off_unsaid(movement: str) -> None:
    session, analysis = cold(movement, 1702)
    assert analysis.signals is not None
    truth = true_angles(session.motion, analysis.signals.t_s)
    for name in ("pelvis_tilt_deg", "thigh_pitch_right_deg"):
        off = analysis.signals[name] - truth[name]
        sd = analysis.signals.sd[analysis.signals.names.index(name)]
        heard = np.isfinite(off)
        assert np.sqrt(np.mean(off[heard] ** 2)) <= 3.0 * np.median(sd[heard]), name


def test_a_movement_that_shows_which_way_round_it_is_is_doubted_less() -> None:
    def zero_sd_deg(movement: str) -> float:
        _, analysis = cold(movement, 1702)
        told = [e.alignment for e in analysis.events if isinstance(e, CalibrationEvent)]
        return float(np.degrees(next(a.zero_sd_rad for a in told[::-1] if a.segment is Segment.PELVIS)))

    squat_deg, hinge_deg = zero_sd_deg("squat_parallel"), zero_sd_deg("rdl")
    assert squat_deg < 12.0
    assert 20.0 < hinge_deg < 31.0


def test_a_pose_doubts_each_segment_by_itself() -> None:
    reference = Reference("motion", {}, {}, 0.03, doubt_rad={Segment.PELVIS: 0.04})
    assert reference.zero_sd_rad(Segment.PELVIS) == pytest.approx(0.05)
    assert reference.zero_sd_rad(Segment.THIGH_RIGHT) == pytest.approx(0.03)
