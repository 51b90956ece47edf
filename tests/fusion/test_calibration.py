"""Calibrations written, read and refused."""

import json
from dataclasses import replace

import pytest

from fusion.analysis import analyze
from fusion.calibration import alignments_from_document
from fusion.errors import CalibrationError
from fusion.summary import alignment_document
from fusion.types import Segment, SegmentAlignment
from tests.fusion.people import blocks_of, config_for, session_of

THIGH = SegmentAlignment(
    Segment.THIGH_RIGHT,
    (0.5, -0.5, 0.5, 0.5),
    "functional",
    0.9,
    heading_rad=1.2,
    zero="stand",
    zero_sd_rad=0.02,
    axis_sd_rad=0.06,
    tissue_gain=0.05,
    tissue_sd=0.03,
    tissue_source="population",
)


def test_a_calibration_comes_back_as_it_was_but_for_the_heading() -> None:
    text = json.dumps({"calibration": {"thigh_right": alignment_document(THIGH)}})
    [back] = alignments_from_document(json.loads(text)).values()
    assert back.q_sb == pytest.approx(THIGH.q_sb)
    assert (back.method, back.zero, back.tissue_source) == ("functional", "stand", "population")
    assert back.zero_sd_rad == pytest.approx(0.02, abs=1e-4)
    assert back.tissue_gain == pytest.approx(0.05)
    assert back.heading_sd_rad > 1.0, "headings begin anew with every recording"


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ([], "not an object of segments"),
        ({}, "not an object of segments"),
        ({"elbow": {}}, "'elbow' is no segment"),
        ({"pelvis": 3}, "pelvis: not an object"),
        ({"pelvis": {"q_sb": [1, 0, 0]}}, "pelvis: q_sb must be four numbers of length 1"),
        ({"pelvis": {"q_sb": [2, 0, 0, 0]}}, "pelvis: q_sb must be four numbers of length 1"),
        ({"pelvis": {"q_sb": [float("nan"), 0, 0, 0]}}, "pelvis: q_sb must be four numbers of length 1"),
        ({"pelvis": {"q_sb": [1, 0, 0, 0], "quality": 7}}, "quality must be a number from 0 to 1"),
        ({"pelvis": {"q_sb": [1, 0, 0, 0], "zero": "moon"}}, "zero must be one of stand, rest"),
        ({"pelvis": {"q_sb": [1, 0, 0, 0], "warnings": "x"}}, "warnings must be a list"),
    ],
)
def test_what_is_no_calibration_is_refused_by_name(document: object, message: str) -> None:
    with pytest.raises(CalibrationError, match=message):
        alignments_from_document(document)


def test_a_stored_calibration_serves_a_recording_without_a_stand() -> None:
    session = session_of("squat_parallel", reps=3)
    blocks, config = blocks_of(session), config_for("squat_parallel")
    learnt = analyze(blocks, config)
    document = {s.value: alignment_document(a) for s, a in learnt.alignments.items()}
    stored = alignments_from_document(document)
    again = analyze(blocks, replace(config, alignments=stored))
    assert learnt.signals is not None
    assert again.signals is not None
    for name in ("pelvis_tilt_deg", "thigh_pitch_right_deg"):
        assert again.signals[name] == pytest.approx(learnt.signals[name], abs=1e-2)
    assert again.signals["hip_flexion_right_deg"] == pytest.approx(
        learnt.signals["hip_flexion_right_deg"], abs=1.0
    )
    assert not again.warnings
