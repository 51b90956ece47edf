"""Every screen on acted signals with a known answer, good and not so good."""

import numpy as np
import pytest

from fusion.errors import InputError
from fusion.screens import ScreenRunner, ids, load
from fusion.types import Side
from tests.fusion.screens.acted import RATE_HZ, Act, events_of, kinds, result_of, value_of


def plank(sag_deg: float, kept_s: float = 20.0) -> Act:
    act = Act().keep(2.0).to(1.5, 80.0, -80.0).keep(5.0)
    return act.to(4.0, 80.0 + sag_deg, -80.0 - sag_deg).keep(kept_s - 9.0).to(1.5, 0.0, 0.0).keep(3.0)


def test_a_plank_that_holds_its_line_has_nothing_to_remark() -> None:
    result = result_of("plank", plank(2.0).signals(Side.RIGHT))
    assert value_of(result, "hold_s") == pytest.approx(19.5, abs=1.2)
    assert value_of(result, "sag_deg") == pytest.approx(2.0, abs=0.5)
    assert result.remarks == ()


def test_a_plank_that_sags_says_when_and_how_far() -> None:
    result = result_of("plank", plank(12.0).signals(Side.LEFT))
    assert value_of(result, "sag_deg") == pytest.approx(12.0, abs=0.5)
    assert 3.0 <= value_of(result, "time_to_6_deg_s") <= 8.0
    assert value_of(result, "time_to_6_deg_s") < value_of(result, "time_to_10_deg_s")
    assert "the pelvis sank by more than 6°" in result.remarks[0]


def stance(drop_right_deg: float, drop_left_deg: float) -> Act:
    act = Act().keep(6.0).to(1.0, 0.0, 0.0, 45.0).keep(2.0)
    act.to(2.0, 0.0, 0.0, 45.0, ml=drop_right_deg).keep(30.0).to(1.0, 0.0, 0.0, 0.0).keep(3.0)
    act.to(1.0, 0.0, 45.0, 0.0).keep(2.0).to(2.0, 0.0, 45.0, 0.0, ml=-drop_left_deg)
    return act.keep(30.0).to(1.0, 0.0, 0.0).keep(2.0)


def test_on_one_leg_the_drop_is_told_for_the_side_that_has_it() -> None:
    result = result_of("one_leg_stance", stance(9.0, 2.0).signals())
    assert value_of(result, "drop_right_deg") == pytest.approx(9.0, abs=0.3)
    assert value_of(result, "drop_left_deg") == pytest.approx(2.0, abs=0.3)
    assert result.remarks == ("on the right leg the pelvis sank by 9° to the free side",)


def test_a_foot_put_down_early_ends_the_stance() -> None:
    act = Act().keep(6.0).to(1.0, 0.0, 0.0, 45.0).keep(12.0).to(1.0, 0.0, 0.0, 0.0).keep(4.0)
    act.to(1.0, 0.0, 45.0, 0.0).keep(33.0)
    result = result_of("one_leg_stance", act.signals())
    assert value_of(result, "hold_right_s") == pytest.approx(11.8, abs=1.0)
    assert value_of(result, "hold_left_s") == pytest.approx(30.0, abs=0.5)


@pytest.mark.parametrize("side", [Side.RIGHT, Side.LEFT])
def test_the_hip_flexors_reach_counts_only_without_arching(side: Side) -> None:
    honest = Act().keep(4.0).to(2.0, -5.0, -14.0).keep(8.0)
    result = result_of(f"hip_flexor_length_{side.value}", honest.signals(side))
    assert value_of(result, f"hip_flexion_min_{side.value}_deg") == pytest.approx(-19.0, abs=0.5)
    assert result.remarks == ()
    arched = Act().keep(4.0).to(2.0, 12.0, -14.0).keep(8.0)
    result = result_of(f"hip_flexor_length_{side.value}", arched.signals(side))
    assert np.isnan(value_of(result, f"hip_flexion_min_{side.value}_deg"))
    assert "arching" in result.remarks[0]


def dips(tilts_deg: list[float]) -> Act:
    act = Act().keep(2.0).to(1.5, tilts_deg[0], 75.0).keep(2.0)
    for tilt in tilts_deg:
        act.to(1.0, tilt, 92.0).to(1.0, tilt, 75.0).keep(0.3)
    return act.keep(1.0).to(1.0, 0.0, 0.0).keep(3.0)


def test_a_dip_with_a_steady_pelvis_and_one_that_drifts() -> None:
    steady = result_of("dip_drift", dips([-6.0] * 6).signals(Side.RIGHT))
    assert value_of(steady, "reps") == pytest.approx(6.0, abs=1.0)
    assert value_of(steady, "pelvis_spread_deg") < 1.0
    assert steady.remarks == ()
    drifting = result_of("dip_drift", dips([-8.0, -4.0, 0.0, 4.0, 8.0, 12.0]).signals(Side.RIGHT))
    assert value_of(drifting, "pelvis_drift_deg") == pytest.approx(18.0, abs=5.0)
    assert drifting.remarks
    assert "ache" in drifting.questions[0]


@pytest.mark.parametrize(("contrast_deg", "word"), [(12.0, None), (4.5, "small"), (1.0, "hardly different")])
def test_the_contrast_of_two_walks(contrast_deg: float, word: str | None) -> None:
    act = Act().keep(2.0).swing(16.0, 2.0).swing(16.0, 2.0 + contrast_deg)
    result = result_of("neutral_vs_arched_walk", act.signals())
    assert value_of(result, "contrast_deg") == pytest.approx(contrast_deg, abs=0.5)
    assert [w for w in result.remarks if word is None or word not in w] == []
    assert bool(result.remarks) is (word is not None)


def bridges(act: Act, side: Side, reps: int, top_deg: float) -> Act:
    """Single-leg bridges of one side, the other leg straight."""
    for _ in range(reps):
        for tilt, pitch, seconds in ((-110.0, top_deg, 1.2), (-88.0, 138.0, 1.5)):
            legs = (pitch, 95.0) if side is Side.RIGHT else (95.0, pitch)
            act.to(seconds, tilt, *legs).keep(1.0 if pitch == top_deg else 0.6)
    return act


def test_single_leg_symmetry_names_the_side_that_does_more() -> None:
    act = Act().keep(2.0).to(2.0, -88.0, 138.0, 95.0).keep(1.5)
    bridges(act, Side.RIGHT, 6, 110.0).to(1.5, -88.0, 95.0, 138.0).keep(1.5)
    bridges(act, Side.LEFT, 6, 122.0)
    result = result_of("single_leg_symmetry", act.keep(3.0).signals())
    percent = value_of(result, "rom_percent")
    assert percent == pytest.approx(100.0 * (38 - 50) / 44, abs=6.0)
    assert any(remark.startswith("rom: the right side") for remark in result.remarks)


def lifts(share: float, lead_s: float) -> Act:
    """Prone lifts of the right leg by 20°, the pelvis with ``share`` of it and ``lead_s`` earlier."""
    act = Act().keep(2.0).to(3.0, 90.0, -90.0).keep(2.0)
    for _ in range(4):
        act.to(lead_s or 0.02, 90.0 + (20.0 * share if lead_s else 0.0), -90.0, -90.0)
        act.to(0.8, 90.0 + 20.0 * share, -110.0, -90.0).keep(1.2)
        act.to(0.9, 90.0, -90.0, -90.0).keep(0.8)
    return act.keep(2.0)


@pytest.mark.parametrize(("share", "remarked"), [(0.05, False), (0.45, True)])
def test_the_pelvis_share_of_a_prone_leg_lift(share: float, remarked: bool) -> None:
    result = result_of("prone_extension_right", lifts(share, 0.0).signals(Side.RIGHT))
    assert value_of(result, "pelvis_share") == pytest.approx(share, abs=0.06)
    assert bool(result.remarks) is remarked


def test_a_pelvis_that_moves_before_the_leg_is_told_with_its_lead() -> None:
    result = result_of("prone_extension_right", lifts(0.3, 0.3).signals(Side.RIGHT))
    assert value_of(result, "pelvis_lead_s") == pytest.approx(0.35, abs=0.12)
    assert any("before the leg" in remark for remark in result.remarks)


def squats(wink_deg: float) -> Act:
    act = Act().keep(4.0)
    for _ in range(4):
        act.to(1.2, 25.0, 85.0).to(0.6, 25.0 - wink_deg, 105.0).keep(0.3)
        act.to(0.6, 25.0, 85.0).to(1.2, 0.0, 0.0).keep(0.8)
    return act.keep(3.0)


def test_hip_mobility_is_the_flexion_at_which_the_pelvis_turns() -> None:
    result = result_of("hip_mobility_right", squats(15.0).signals(Side.RIGHT))
    assert value_of(result, "hip_flexion_before_turn_deg") == pytest.approx(110.0, abs=3.0)
    assert value_of(result, "pelvis_turns_under_deg") == pytest.approx(15.0, abs=1.0)
    assert "turned under by 15°" in result.remarks[0]
    deep = result_of("hip_mobility_left", squats(0.0).signals(Side.LEFT))
    assert value_of(deep, "hip_flexion_before_turn_deg") == pytest.approx(130.0, abs=3.0)
    assert deep.remarks == ()


def test_hip_and_pelvis_apart() -> None:
    act = Act().keep(3.0)
    for _ in range(4):
        act.to(1.5, 65.0, 18.0).keep(0.4).to(1.3, 0.0, 0.0).keep(0.8)
    act.keep(2.0)
    for _ in range(5):
        act.to(1.0, -10.0, 0.0).keep(0.3).to(1.0, 12.0, 0.0).keep(0.3)
    result = result_of("dissociation_right", act.to(1.0, 0.0, 0.0).keep(3.0).signals(Side.RIGHT))
    assert value_of(result, "hinge_residual_deg") < 2.0
    assert value_of(result, "tilt_range_deg") == pytest.approx(22.0, abs=3.0)
    assert value_of(result, "thigh_along_deg") < 1.0
    assert result.remarks == ()


# --- the guide itself


def test_the_guide_asks_step_by_step_and_ends_with_a_result() -> None:
    events = events_of("one_leg_stance", stance(0.0, 0.0).signals())
    assert kinds(events) == ["instruction", "instruction", "instruction", "result"]
    assert [e.step for e in events if e.kind == "instruction"] == ["two_legs", "right", "left"]
    steps = [e.progress for e in events if e.step == "right"]
    assert steps == sorted(steps)


def test_what_is_not_done_fails_in_words_instead_of_guessing() -> None:
    events = events_of("plank", Act().keep(120.0).signals(Side.RIGHT))
    assert kinds(events) == ["instruction", "failed"]
    assert events[-1].message.startswith("not seen within 90 s: Take the plank")


def test_any_splitting_says_the_same() -> None:
    signals = plank(12.0).signals(Side.RIGHT)
    assert events_of("plank", signals, 7) == events_of("plank", signals, 200)


def test_a_missing_sensor_is_named() -> None:
    with pytest.raises(InputError, match="wear a sensor on the thigh left too"):
        ScreenRunner(load("one_leg_stance"), RATE_HZ).update(Act().keep(1.0).signals(Side.RIGHT))


def test_an_unknown_screen_names_those_there_are() -> None:
    with pytest.raises(InputError, match="plank, dip_drift"):
        load("planck")


@pytest.mark.parametrize("screen_id", ids())
def test_no_text_diagnoses_or_claims_a_muscle(screen_id: str) -> None:
    screen = load(screen_id)
    words = " ".join([screen.name, *(step.instruction for step in screen.steps(RATE_HZ))]).lower()
    assert not any(
        word in words for word in ("dormant", "inactive", "weak", "activation", "diagnos", "injur")
    )
