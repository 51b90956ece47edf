"""The judge of the accuracy table counts as it says, and the same cell comes out the same."""

import math
from dataclasses import asdict, replace

import pytest

from benchmarks.judge.baseline import worse
from benchmarks.judge.cell import Cell, Verdict, before, judge
from benchmarks.judge.doses import doses
from benchmarks.judge.expected import without_inferred
from benchmarks.judge.faults import accusations, fault_lines
from benchmarks.judge.injected import MODEL_PERSON, reading
from benchmarks.judge.matching import f1, match
from benchmarks.judge.run import count_cells, fault_cells
from benchmarks.judge.subjects import REPORTED, TUNING, seeds
from benchmarks.judge.summary import line
from fusion.types import RepSummary, Side
from simulator.athlete_types import TrueRep


def test_repetitions_are_paired_with_the_nearest_within_three_tenths() -> None:
    assert match([1.0, 3.0, 5.0], [1.25, 2.9, 3.1, 5.4]).pairs in {((0, 0), (1, 1)), ((0, 0), (1, 2))}


def test_each_repetition_is_used_once() -> None:
    assert len(match([1.0, 1.1], [1.05]).pairs) == 1


@pytest.mark.parametrize(("hits", "done", "found", "value"), [(5, 5, 5, 1.0), (4, 5, 5, 0.8), (0, 0, 0, 1.0)])
def test_f1_is_the_harmonic_mean_of_precision_and_recall(
    hits: int, done: int, found: int, value: float
) -> None:
    assert f1(hits, done, found) == pytest.approx(value)


def test_nobody_is_both_tuned_on_and_reported() -> None:
    assert not set(TUNING) & set(REPORTED)
    assert set(seeds("tuning", 5)) <= set(TUNING)
    assert seeds("1003,7", 1) == [1003, 7]


def test_more_people_than_there_are_is_refused() -> None:
    with pytest.raises(ValueError, match="allowed are 1 to 1000"):
        seeds("reported", 1001)


def test_a_fall_within_the_noise_of_both_counts_is_no_regression() -> None:
    before = {"movement:rdl": (0.96, 200), "case:fast": (0.9, 20)}
    assert worse(before, {"movement:rdl": (0.94, 200), "case:fast": (0.85, 20)}) == []
    assert worse(before, {"movement:rdl": (0.80, 200)}) == ["movement:rdl: 80 % exact, was 96 %"]


def test_every_rule_is_judged_at_multiples_of_its_own_limit() -> None:
    roll = next(d for d in doses("hip_thrust") if d.kind == "pelvis_roll")
    assert (roll.fault, roll.target(1.5)) == ("roll", 7.5)
    cells = fault_cells(["hip_thrust"], [1000], ["roll"])
    assert [(c.rule, c.multiple, c.prepared) for c in cells] == [
        ("", 0.0, True),
        ("", 0.0, False),
        ("pelvis_roll", 0.5, True),
        ("pelvis_roll", 1.5, True),
        ("pelvis_roll", 3.0, True),
        ("pelvis_roll", 1.5, False),
    ]
    sizes = {c.multiple: c.size for c in cells if c.fault}
    assert sizes[0.5] < sizes[1.5] < sizes[3.0]


@pytest.mark.parametrize(
    ("movement", "kind"),
    [("hip_thrust", "pelvis_roll"), ("squat_parallel", "good_morning"), ("walk", "pelvic_drop")],
)
def test_a_dose_is_what_truth_shows_in_every_repetition(movement: str, kind: str) -> None:
    """Not what is added to a coordinate: a fold that comes as the pelvis rises of itself has to be larger."""
    dose = next(d for d in doses(movement) if d.kind == kind)
    size = dose.size(1.5, 1000)
    assert size is not None
    least = reading(dose.rule, movement, 1000, dose.fault, size, share=0.0)
    assert least == pytest.approx(dose.target(1.5), rel=0.06)


def test_a_fault_that_leaves_no_movement_is_not_asked_for() -> None:
    """Three times a pelvis share of 0.25 leaves the hip of a kickback nothing to do."""
    share = next(d for d in doses("kickback_quadruped") if d.kind == "pelvis_share")
    assert share.size(3.0, 1000) is None


def test_the_person_who_is_known_has_done_other_repetitions_than_those_judged() -> None:
    known = before("hip_thrust", 1000)
    (reference,) = known.references
    assert reference.over_own_path
    assert (reference.source, reference.reps) == ("approved", 12)
    assert {s.value for s in known.alignments} == {"pelvis", "thigh_right"}


def test_a_fault_that_is_a_time_is_as_much_faster_as_its_limit_says() -> None:
    """The model lifts a hip thrust in 0.9 s; the limit is 0.5 s."""
    fast = next(d for d in doses("hip_thrust") if d.kind == "fast_ascent")
    size = fast.size(1.5, MODEL_PERSON)
    assert size == pytest.approx(1.5 * 0.9 / 0.5, rel=0.1)


def test_precision_counts_what_is_said_where_nothing_was_injected() -> None:
    clean = Verdict(Cell("hip_thrust", "nominal", 1), judged=10, flagged_kinds={"pelvis_roll": 1})
    ill = Verdict(_rolled(1.5, prepared=True), true_all=12, judged=10, flagged=9)
    mild = Verdict(_rolled(0.5, prepared=True), true_all=10, judged=10, flagged=4)
    newcomer = Verdict(_rolled(1.5, prepared=False), true_all=10, judged=10, flagged=3)
    (row,) = fault_lines([clean, ill, mild, newcomer])
    assert (row.fault, row.reps, row.at_zero, row.newcomers) == ("roll", 12, 0.1, 0.3)
    assert row.recall == pytest.approx(9 / 12)  # one that was not counted was not found either
    assert row.precision == pytest.approx(0.9)
    assert row.flagged[0.5] == 0.4
    (said,) = accusations([clean, ill, mild])
    assert (said.kind, said.flagged, said.reps) == ("pelvis_roll", 1, 10)


def _rolled(multiple: float, *, prepared: bool) -> Cell:
    size = 5.0 * multiple
    return Cell(
        "hip_thrust", "nominal", 1, "roll", size, rule="pelvis_roll", multiple=multiple, prepared=prepared
    )


def test_a_fault_is_judged_without_any_and_around_its_warn_limit() -> None:
    cells = fault_cells(["hip_thrust"], [1000], ["lumbar"])
    assert cells[0].fault == ""
    assert {c.fault for c in cells[2:]} == {"lumbar"}
    assert any(c.multiple >= 1.5 for c in cells[1:])


def test_counts_of_cells_add_up() -> None:
    good = Verdict(Cell("rdl", "nominal", 1), true_full=6, found_full=6, true_all=6, found_all=6, hits=6)
    bad = Verdict(Cell("rdl", "nominal", 2), true_full=6, found_full=3, true_all=6, found_all=3, hits=3)
    bad.false_reps, bad.other_s = 1, 1800.0
    row = line("rdl", [good, bad])
    assert (row.exact, row.within_one, row.count_error) == (0.5, 0.5, 1.5)
    assert row.f1 == pytest.approx(18.0 / 21.0)
    assert row.false_per_hour == 2.0
    assert math.isnan(row.partial_f1)


def test_what_no_sensor_saw_is_not_expected() -> None:
    seen = judge(Cell("hip_thrust", "nominal", 1000))
    silent = judge(Cell("hip_thrust", "gap_5", 1000))
    assert (seen.unseen, seen.true_full) == (0, 6)
    assert silent.unseen + silent.true_full == 6


def test_one_that_was_done_unseen_is_not_false_when_found() -> None:
    done = [_done(10.0), _done(13.0)]
    found = [_found(11.1), _found(13.9), _found(20.0)]
    assert without_inferred(found, done[:1], done[1:]) == [found[0], found[2]]
    assert without_inferred(found[1:2], done[:1], done[1:]) == found[1:2]  # no more than were to be found


def _done(start_s: float) -> TrueRep:
    return TrueRep(start_s, start_s + 1.0, start_s + 2.0, True, Side.RIGHT)


def _found(top_s: float) -> RepSummary:
    nothing = (math.nan,) * 4
    return RepSummary(
        0, top_s - 1.0, top_s, top_s + 1.0, True, 0.4, 40.0, 0.0, 40.0, nothing, math.nan, math.nan
    )


def test_a_cell_is_the_same_each_time_and_says_how_to_make_it_again() -> None:
    cell = Cell("rdl", "partial_45", 1000)
    one, other = judge(cell), judge(cell)
    assert one.document() == other.document()
    assert one.true_partial == 2
    assert cell.command == "ilium simulate --exercise rdl --case partial_45 --rate 60 --seed 1000 --out DIR"


def test_as_live_the_same_set_is_judged_without_what_was_learnt_later() -> None:
    """The seat beforehand is no stand, but that shows only when the person has got up."""
    cell = Cell("hip_thrust", "around_sit", 1000)
    looked_at, said = judge(cell), judge(replace(cell, as_live=True))
    assert said.true_full == looked_at.true_full == 6
    assert said.rmse_deg["hip_flexion_right_deg"] != looked_at.rmse_deg["hip_flexion_right_deg"]
    assert said.document()["cell"] == {**asdict(cell), "as_live": True}


def test_cells_of_a_table_as_live_are_marked() -> None:
    assert [c.as_live for c in count_cells(["rdl"], ["nominal"], [1000], as_live=True)] == [True]
