"""Rules to findings: limits, uncertainty, what is worn, the person's own spread, whole sets."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

from fusion.form import FormChecker, Limits
from fusion.reference_path import OwnRange, PersonReference, model_path
from fusion.types import Finding, NotJudged, RepSummary, Segment, Severity, Side, Validity
from tests.fusion.form.lifts import SQUAT, Lift, rule

LATE = rule(
    "lumbar_extension", "pelvis_residual_deg", measure="rise", window="late_extension", warn=5.0, fail=10.0
)
ROLL = rule("pelvis_roll", "pelvis_list_deg", measure="change", warn=5.0, fail=8.0)
LOCKOUT = rule(
    "incomplete_lockout", "hip_flexion_deg", measure="mean", window="top", baseline="own", warn=8.0, fail=15.0
)
SHIN = rule("shin", "shank_pitch_deg", measure="max_abs", window="top", warn=15.0, needs=["shank"], grade="X")
DRIFT: dict[str, object] = {"measure": "drift", "window": "set", "warn": 12.0, "fail": 20.0}


def arched(deg: float, **fields: object) -> Lift:
    return Lift(tilt_added=Lift().ramp(0.75, 1.1, deg), **fields)  # type: ignore[arg-type]


def found(
    lift: Lift, *rules: str, checker: FormChecker | None = None, complete: bool = True
) -> dict[str, Finding]:
    judge = checker or FormChecker(lift.exercise(*rules))
    return {f.kind: f for f in judge.check(lift.track(), complete=complete).findings}


@pytest.mark.parametrize(("size_deg", "severity"), [(0.0, None), (3.0, None), (9.0, "warn"), (14.0, "fail")])
def test_a_number_is_held_against_its_limits(size_deg: float, severity: str | None) -> None:
    seen = found(arched(size_deg), LATE)
    assert (seen["lumbar_extension"].severity if seen else None) == severity


def test_a_finding_says_what_how_much_against_what_when_and_a_cue() -> None:
    finding = found(arched(14.0), LATE)["lumbar_extension"]
    assert finding.value == pytest.approx(12.0, abs=1.5)  # 2° are the skin's, over muscles that harden
    assert (finding.limit, finding.unit, finding.cue) == (10.0, "deg", "Mind your form.")
    assert finding.t_s == pytest.approx(2.1, abs=0.5)
    assert finding.needs == (Segment.PELVIS, Segment.THIGH_RIGHT)
    assert finding.validity is Validity.MEASURED


def test_what_the_uncertainty_does_not_support_is_doubtful_and_weighs_nothing() -> None:
    """The model locks out at -5°; 5° with a sigma of 6° may be no more than that."""
    lift = Lift(far=(-97.0, 102.0), sd_deg=6.0)
    narrow = rule("lockout", "hip_flexion_deg", measure="mean", window="top", warn=2.0)
    checker = FormChecker(Lift().exercise(narrow))
    result = checker.check(lift.track())
    assert [(f.severity, f.validity) for f in result.findings] == [(Severity.INFO, Validity.DOUBTFUL)]
    assert result.good
    sure = replace(lift, sd_deg=2.0)
    assert [f.severity for f in checker.check(sure.track()).findings] == ["warn"]


def test_a_constant_offset_makes_no_change_doubtful() -> None:
    """How a sensor sits is uncertain by 5°, how far it turned within a repetition is not."""
    lean = Lift().ramp(0.2, 0.8, 7.0)
    assert found(Lift(list_deg=lean, sd_deg=5.0), ROLL)["pelvis_roll"].validity is Validity.MEASURED


def test_an_arched_back_is_told_once() -> None:
    """The hip is short and the cup spills by the same tilt: kept, but quietly."""
    spill = rule("spilled_cup", "spill_deg_s", unit="deg s", warn=2.0, fail=4.0)
    finish = rule("finish", "pelvis_residual_deg", measure="mean", window="top", warn=3.0)
    loud = {k for k, f in found(arched(14.0), spill, finish, LATE).items() if f.severity is not Severity.INFO}
    assert loud == {"lumbar_extension"}
    good = {kind: OwnRange(0.0, 0.0, 0.0, 20) for kind in ("spilled_cup", "finish")}
    own = FormChecker(Lift().exercise(spill, finish), [reference(Lift(), OVER_OWN_PATH | good)])
    alone = found(arched(14.0), checker=own)
    assert {f.severity for f in alone.values()} == {Severity.FAIL, Severity.WARN}


def test_the_whole_path_is_judged_loudly_only_against_the_persons_own() -> None:
    """How much of a lift is pelvis differs between people by more than a fault is large."""
    spill = rule("spilled_cup", "spill_deg_s", unit="deg s", warn=2.0, fail=4.0)
    assert found(arched(14.0), spill)["spilled_cup"].severity is Severity.INFO
    read_over_the_models = {"spilled_cup": OwnRange(0.0, 0.0, 0.0, 20)}
    new = FormChecker(Lift().exercise(spill), [reference(Lift(), read_over_the_models)])
    assert found(arched(14.0), checker=new)["spilled_cup"].severity is Severity.INFO
    own = FormChecker(Lift().exercise(spill), [reference(Lift(), OVER_OWN_PATH | read_over_the_models)])
    assert found(arched(14.0), checker=own)["spilled_cup"].severity is Severity.FAIL


@pytest.mark.parametrize("far_tilt_deg", [-82.0, -97.0, -115.0])
def test_a_pelvis_that_does_more_or_less_than_the_models_is_no_arched_back(far_tilt_deg: float) -> None:
    model = Lift().exercise(LATE)
    lift = Lift(far=(far_tilt_deg, 92.0))
    assert found(lift, checker=FormChecker(model)) == {}
    arch = replace(lift, tilt_added=Lift().ramp(0.75, 1.1, 12.0))
    assert found(arch, checker=FormChecker(model))["lumbar_extension"].severity is not Severity.INFO


def test_an_unknown_signal_makes_no_finding() -> None:
    lift = Lift(extra={"pelvis_list_deg": np.full(len(Lift().t_s), np.nan)})
    assert found(lift, ROLL) == {}


def test_while_the_top_is_held_only_what_is_over_is_judged() -> None:
    short = rule("hold_short", "hold_s", unit="s", direction="below", info=5.0)
    assert found(arched(14.0), LATE, short, complete=False).keys() == {"lumbar_extension"}
    assert found(arched(14.0), LATE, short).keys() == {"lumbar_extension", "hold_short"}


def test_a_short_hold_is_told_quietly_and_still_costs_quality() -> None:
    short = rule("hold_short", "hold_s", unit="s", direction="below", info=5.0)
    result = FormChecker(Lift().exercise(short)).check(Lift().track())
    assert result.findings[0].severity is Severity.INFO
    assert not result.good


def test_with_a_thorax_sensor_the_lumbar_angle_itself_is_judged() -> None:
    """The trunk turns with the pelvis: P leaves its path, λ does not change, and the other way round."""
    moving = arched(14.0, extra={"lumbar_extension_deg": np.zeros(len(Lift().t_s))})
    assert found(moving, LATE) == {}
    hidden = Lift(extra={"lumbar_extension_deg": Lift().ramp(0.75, 1.1, 14.0)})
    finding = found(hidden, LATE)["lumbar_extension"]
    assert finding.needs == (Segment.PELVIS, Segment.THORAX)
    assert finding.value == pytest.approx(14.0, abs=1.5)


def test_a_rule_that_needs_a_sensor_says_which_one_is_missing() -> None:
    lift = Lift(side=Side.LEFT)
    checker = FormChecker(lift.exercise(SHIN))
    assert checker.check(lift.track()).findings == ()
    assert checker.not_judged == (NotJudged("shin", (Segment.SHANK_LEFT,)),)


def test_a_shank_that_is_worn_is_judged() -> None:
    leaning = Lift(extra={"knee_flexion_right_deg": np.full(len(Lift().t_s), 92.0 - 25.0)})
    assert found(leaning, SHIN)["shin"].value == pytest.approx(25.0, abs=0.5)


def test_a_rule_whose_signal_is_not_made_is_listed_and_not_passed_over() -> None:
    tap = rule("no_tap", "tap_g", unit="g", direction="below", warn=0.15, needs=["pelvis"], grade="E")
    checker = FormChecker(Lift().exercise(tap))
    assert checker.check(Lift().track()).findings == ()
    assert checker.not_judged == (NotJudged("no_tap", (), "no signal pelvis_acc_forward_ms2"),)
    jolt = Lift(extra={"pelvis_acc_forward_ms2": np.where(np.abs(Lift().t_s - 2.1) < 0.03, -3.0, 0.0)})
    assert found(jolt, tap) == {}
    assert found(Lift(extra={"pelvis_acc_forward_ms2": np.zeros(len(Lift().t_s))}), tap).keys() == {"no_tap"}


@pytest.mark.parametrize(("agreement_s", "judged"), [(0.0, True), (0.02, True), (0.05, False)])
def test_who_starts_first_is_judged_only_with_clocks_that_agree(agreement_s: float, judged: bool) -> None:
    early = rule("pelvis_before_hip", "pelvis_lead_s", unit="s", warn=0.1, fail=0.2)
    base = {"rest": (90.0, -90.0), "far": (90.0, -130.0)}
    first = Lift(**base).ramp(-0.3, 0.7, 8.0)  # type: ignore[arg-type]
    lift = Lift(**base, tilt_added=first)  # type: ignore[arg-type]
    checker = FormChecker(lift.exercise(early), limits=Limits(clock_agreement_s=agreement_s))
    kinds = [f.kind for f in checker.check(lift.track()).findings]
    assert kinds == (["pelvis_before_hip"] if judged else [])
    assert [n.reason for n in checker.not_judged] == (
        [] if judged else ["the sensors' clocks agree only to 50 ms"]
    )


def test_clocks_that_turn_out_to_disagree_end_the_judging_of_who_starts_first() -> None:
    lift = Lift()
    early = rule("pelvis_before_hip", "pelvis_lead_s", warn=0.1, fail=0.2, unit="s")
    checker = FormChecker(lift.exercise(early))
    checker.check(lift.track())
    assert [n.kind for n in checker.not_judged] == []
    checker.clocks_agree_to(0.05)
    checker.check(lift.track())
    assert [(n.kind, n.reason) for n in checker.not_judged] == [
        ("pelvis_before_hip", "the sensors' clocks agree only to 50 ms")
    ]


def test_rules_of_one_goal_do_not_hold_for_another() -> None:
    wink = rule("butt_wink", "butt_wink_deg", warn=10.0, goals=["glute_focus"])
    base = Lift(**SQUAT)  # type: ignore[arg-type]
    under = base.ramp(0.7, 1.0, -18.0) - base.ramp(1.3, 1.6, -18.0)
    lift = Lift(**SQUAT, tilt_added=under)  # type: ignore[arg-type]
    for goal, kinds in (("", ["butt_wink"]), ("glute_focus", ["butt_wink"]), ("max_depth", [])):
        checker = FormChecker(lift.exercise(wink), limits=Limits(goal=goal))
        assert [f.kind for f in checker.check(lift.track()).findings] == kinds


# --- the person's own

OVER_OWN_PATH = {"over_own_path": OwnRange(1.0, 1.0, 1.0, 20)}


def reference(
    lift: Lift, own: Mapping[str, OwnRange] | None = None, *, reps: int = 20, source: str = "approved"
) -> PersonReference:
    path = model_path(lift.exercise())
    assert path is not None
    path = replace(path, source=source)
    return PersonReference("test_lift", lift.side, 3, source, reps, path, 80.0, -5.0, 77.0, own or {})


def test_the_lockout_is_held_against_the_persons_own() -> None:
    """At 10° of flexion: 15° short of the model's lockout, and quite usual for this person."""
    stiff = Lift(far=(-92.0, 102.0))
    model = Lift().exercise(LOCKOUT)
    assert "incomplete_lockout" in found(stiff, checker=FormChecker(model))
    own = reference(Lift(), {"incomplete_lockout": OwnRange(8.0, 10.0, 12.0, 20)})
    assert found(stiff, checker=FormChecker(model, [own])) == {}


def test_a_persons_own_path_replaces_the_models() -> None:
    other = Lift(far=(-85.0, 92.0))
    model = Lift().exercise(rule("off", "pelvis_residual_deg", measure="max_abs", window="top", warn=8.0))
    assert "off" in found(other, checker=FormChecker(model))
    assert found(other, checker=FormChecker(model, [reference(other)])) == {}


@pytest.mark.parametrize(("p90", "limit"), [(-9.0, 2.5), (2.0, 4.5), (3.0, 5.5), (9.0, 7.5)])
def test_limits_follow_the_90th_centile_by_half_the_step_at_most(p90: float, limit: float) -> None:
    own = reference(Lift(), {"lumbar_extension": OwnRange(0.0, 0.5 * p90, p90, 20)})
    checker = FormChecker(Lift().exercise(LATE), [own])
    seen = found(arched(limit + 2.5), checker=checker)
    assert seen["lumbar_extension"].limit == pytest.approx(limit)


@pytest.mark.parametrize(("reps", "source"), [(19, "approved"), (40, "best")])
def test_limits_stay_until_twenty_repetitions_are_approved(reps: int, source: str) -> None:
    own = reference(Lift(), {"lumbar_extension": OwnRange(0.0, 0.0, 0.0, reps)}, reps=reps, source=source)
    checker = FormChecker(Lift().exercise(LATE), [own])
    assert found(arched(8.0), checker=checker)["lumbar_extension"].limit == 5.0


def test_the_range_is_judged_against_the_persons_own() -> None:
    short = rule("range_short", "rom_deg", direction="below", info=70.0, warn=56.0)
    lift = Lift(far=(-90.0, 105.0))
    assert found(lift, short)["range_short"].limit == 70.0
    own = replace(reference(Lift()), rom_deg=62.0)
    assert found(lift, checker=FormChecker(Lift().exercise(short), [own])) == {}


def test_a_coachs_own_limit_goes_before_everything() -> None:
    checker = FormChecker(Lift().exercise(LATE), limits=Limits(own={"lumbar_extension": (2.0, 4.0)}))
    assert found(arched(5.5), checker=checker)["lumbar_extension"].limit == 2.0


def test_a_reference_of_another_exercise_or_side_is_left_alone() -> None:
    other = replace(reference(Lift()), exercise="rdl"), replace(reference(Lift()), side=Side.LEFT)
    checker = FormChecker(Lift().exercise(), other)
    assert checker.reference_of(Side.RIGHT) is None
    assert checker.reference_of(Side.LEFT) is not None


# --- whole sets


def reps_with(kind: str, values: list[float]) -> list[RepSummary]:
    return [
        RepSummary(
            k, 3.0 * k, 3.0 * k + 1, 3.0 * k + 2, True, 1.0, 80.0, -5.0, 77.0, (1, 0, 1, 1), 1.0, 0.0,
            side=Side.RIGHT, metrics={f"form_{kind}": v},
        )
        for k, v in enumerate(values)
    ]  # fmt: skip


def test_drift_over_a_set_is_told_when_it_is_over() -> None:
    drift = rule("posture_loss", "hip_flexion_deg", **DRIFT)
    checker = FormChecker(Lift().exercise(drift))
    assert checker.check(Lift().track()).findings == ()
    [finding] = checker.check_set(reps_with("posture_loss", [40.0, 47.0, 56.0]))
    assert (finding.kind, finding.severity, finding.value) == ("posture_loss", Severity.WARN, 16.0)
    assert checker.check_set(reps_with("posture_loss", [40.0, 44.0, 46.0])) == ()


def test_the_mean_of_each_repetition_is_what_a_set_is_judged_by() -> None:
    drift = rule(
        "posture_loss", "pelvis_list_deg", measure="drift", window="set", warn=12.0, needs=["pelvis"]
    )
    lift = Lift(list_deg=np.full(len(Lift().t_s), 4.0))
    assert FormChecker(lift.exercise(drift)).check(lift.track()).metrics[
        "form_posture_loss"
    ] == pytest.approx(4.0)


def test_a_contrast_over_a_set_is_from_its_least_mean_to_its_greatest() -> None:
    contrast = rule(
        "no_contrast", "pelvis_tilt_deg", measure="range", window="set", direction="below", warn=6.0
    )
    checker = FormChecker(Lift().exercise(contrast))
    checker.check(Lift().track())
    assert checker.check_set(reps_with("no_contrast", [15.0, 5.0, 13.0])) == ()
    [finding] = checker.check_set(reps_with("no_contrast", [5.0, 2.0, 4.0]))
    assert finding.value == 3.0


def test_good_form_of_the_persons_own_explains_what_lies_beyond_a_limit_that_is_near_it() -> None:
    """A share of 0.5 where 0.4 is the limit, and this person's good repetitions go from 0.3 to 0.5."""
    share = rule("pelvis_share", "pelvis_share", unit="1", warn=0.4, fail=0.9)
    lift = Lift(rest=(-10.0, 50.0), far=(10.0, 10.0))
    exercise = Lift(rest=(0.0, 50.0), far=(5.0, 10.0)).exercise(share)
    assert found(lift, checker=FormChecker(exercise))["pelvis_share"].severity is Severity.WARN
    own = reference(lift, {"pelvis_share": OwnRange(0.3, 0.4, 0.5, 6)}, reps=6)
    told = found(lift, checker=FormChecker(exercise, [own]))["pelvis_share"]
    assert (told.severity, told.validity) == (Severity.INFO, Validity.DOUBTFUL)


def test_an_inward_turn_is_the_bones_and_not_the_skins() -> None:
    """The skin over the thigh follows half to nine tenths of a turn about its own axis."""
    turn = rule("knees_turn_in", "hip_rotation_deg", measure="rise", warn=10.0, fail=18.0)
    lift = Lift(extra={"hip_rotation_right_deg": Lift().ramp(0.0, 1.0, 9.45)}, sd_deg=1.0)
    finding = found(lift, turn)["knees_turn_in"]
    assert finding.value == pytest.approx(15.0, abs=0.5)
    assert finding.severity is Severity.WARN
