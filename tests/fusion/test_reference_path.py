"""The person's own reference: learnt from what a coach approved, kept as a document, refused when spoilt."""

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fusion import exercises
from fusion.errors import InputError
from fusion.reference_path import (
    Candidate,
    PersonReference,
    learn,
    learn_path,
    model_path,
    reference_document,
    reference_from,
)
from fusion.summary import rep_document
from fusion.types import RepSummary, Side


def path(top_tilt_deg: float, points: int = 17) -> list[list[float]]:
    """From T 127, P −50 to T 92 and the given P."""
    s = np.linspace(0.0, 1.0, points)
    return np.column_stack((127.0 - 35.0 * s, -50.0 + s * (top_tilt_deg + 50.0))).tolist()


def done(top_tilt_deg: float = -97.0, *, approved: bool | None = None, **fields: Any) -> Candidate:
    usual: dict[str, Any] = {
        "path_deg": path(top_tilt_deg),
        "rom_deg": 82.0,
        "hip_flexion_min_deg": -5.0,
        "hip_flexion_max_deg": 77.0,
        "metrics": {"form_lumbar_extension": 1.0, "smoothness": -1.5},
        "quality": True,
        "confidence": 1.0,
        "approved": approved,
    }
    return Candidate(**(usual | fields))


def learnt(candidates: list[Candidate]) -> PersonReference:
    reference = learn("hip_thrust", Side.RIGHT, candidates, version=1)
    assert reference is not None
    return reference


def test_the_path_is_the_median_of_approved_repetitions() -> None:
    reference = learnt([done(-90.0, approved=True), done(-92.0, approved=True), done(-99.0, approved=True)])
    assert (reference.source, reference.reps) == ("approved", 3)
    assert reference.path is not None
    assert reference.path(np.array([92.0, 127.0])) == pytest.approx([-92.0, -50.0], abs=0.1)


def test_until_three_are_approved_the_best_ten_count() -> None:
    first = [done(rom_deg=80.0 + k) for k in range(12)] + [done(-60.0, quality=False)] * 3
    reference = learnt([*first, done(-90.0, approved=True)])
    assert (reference.source, reference.reps) == ("best", 10)
    assert reference.path is not None
    assert reference.path(np.array([92.0])) == pytest.approx([-97.0], abs=0.1)


def test_four_good_repetitions_are_too_few() -> None:
    assert learn("hip_thrust", None, [done()] * 4, version=1) is None
    assert learn("hip_thrust", None, [], version=1) is None


def test_what_a_coach_rejected_or_a_gap_spoilt_teaches_nothing() -> None:
    spoilt = [done(-60.0, approved=False)] * 9 + [done(-60.0, confidence=0.4)] * 9
    assert learn("hip_thrust", None, spoilt, version=1) is None
    reference = learnt(spoilt + [done(approved=True)] * 3)
    assert reference.path is not None
    assert reference.path(np.array([92.0])) == pytest.approx([-97.0], abs=0.1)


def test_limits_scale_from_the_twentieth_approved_repetition() -> None:
    approved = [done(approved=True, metrics={"form_lumbar_extension": 0.1 * k}) for k in range(20)]
    assert not learnt(approved[:19]).scales_limits
    reference = learnt(approved)
    assert reference.scales_limits
    spread = reference.own["lumbar_extension"]
    assert (spread.p10, spread.median, spread.p90) == pytest.approx((0.19, 0.95, 1.71))
    assert "smoothness" not in reference.own


def test_a_thigh_that_hardly_turns_has_no_path() -> None:
    still = [[-45.0 + 0.1 * k, 115.0 - 4.0 * k] for k in range(17)]
    reference = learnt([done(approved=True, path_deg=still)] * 3)
    assert reference.path is None
    assert reference.rom_deg == 82.0


def test_a_stored_repetition_teaches_as_much_as_a_fresh_one() -> None:
    rep = RepSummary(
        0, 1.0, 2.0, 4.0, True, 1.0, 82.0, -5.0, 77.0, (1.5, 0.3, 1.0, 1.0), 1.0, float("nan"),
        quality=True, metrics={"form_lumbar_extension": 1.0}, path_deg=tuple((t, p) for t, p in path(-97.0)),
    )  # fmt: skip
    stored = json.loads(json.dumps(rep_document(rep)))
    fresh = Candidate.from_summary(rep, approved=True)
    again = Candidate.from_document(stored, approved=True)
    documents = [reference_document(learnt([c] * 3)) for c in (fresh, again)]
    assert documents[0] == documents[1]


@pytest.mark.parametrize("exercise", ["hip_thrust", "squat_parallel", "rdl", "glute_bridge", "squat_deep"])
def test_the_models_path_passes_through_the_poses_of_the_first_way(exercise: str) -> None:
    known = exercises.load(exercise)
    model = model_path(known)
    assert model is not None
    turn = known.turn_pose
    assert turn is not None
    assert model(np.array([turn.thigh_pitch_deg])) == pytest.approx([turn.pelvis_tilt_deg])


def test_a_bridge_begins_its_path_where_the_back_has_been_flattened() -> None:
    model = model_path(exercises.load("glute_bridge"))
    assert model is not None
    assert model(np.array([138.0])) == pytest.approx([-95.0])


def test_a_back_extension_has_no_path_over_the_thigh() -> None:
    assert model_path(exercises.load("back_extension")) is None


points = st.lists(st.tuples(st.floats(-180, 180), st.floats(-180, 180)), min_size=0, max_size=30)


@given(st.lists(points, min_size=1, max_size=4))
def test_whatever_was_stored_the_path_rises_strictly_or_is_none(
    paths: list[list[tuple[float, float]]],
) -> None:
    learned = learn_path([done(path_deg=p) for p in paths], "approved")
    if learned is not None:
        assert (np.diff(learned.thigh_pitch_deg) > 0.0).all()
        assert np.isfinite(learned.pelvis_tilt_deg).all()


def test_a_document_gives_the_same_reference_again() -> None:
    reference = replace(learnt([done(approved=True)] * 3), hip_flexion_min_deg=float("nan"))
    document = reference_document(reference)
    assert json.loads(json.dumps(document, allow_nan=False)) == document
    assert reference_document(reference_from(document)) == document


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"path_deg": [[1.0, 2.0]]}, "two points or none"),
        ({"path_deg": [[2.0, 0.0], [1.0, 0.0]]}, "rise strictly"),
        ({"path_deg": [[float(k), 0.0] for k in range(300)]}, "at most 256"),
        ({"path_deg": "x"}, "reference: ValueError"),
        ({"side": "middle"}, "middle"),
        ({"own": {"a": [1.0]}}, "reference: "),
        ({"version": None}, "reference: "),
    ],
)
def test_a_spoilt_document_is_refused_in_one_line(change: dict[str, Any], message: str) -> None:
    document = reference_document(learnt([done(approved=True)] * 3)) | change
    with pytest.raises(InputError, match=message):
        reference_from(document)
