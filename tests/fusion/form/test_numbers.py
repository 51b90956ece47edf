"""Numbers of a repetition, each on a movement of which the answer is known beforehand."""

from dataclasses import replace

import numpy as np
import pytest

from fusion.exercises.rules import Signal, Window
from fusion.form import sharing, steadiness, timing, windows
from fusion.form.metrics_of import metrics_of, path_of, residual_rise, tempo_of
from fusion.form.view import RepView, view_of
from fusion.reference_path import model_path
from fusion.types import Side
from tests.fusion.form.lifts import RATE_HZ, SQUAT, Lift


def view(lift: Lift, *, complete: bool = True) -> RepView:
    path = model_path(lift.exercise())
    return view_of(lift.track(), lifts_first=lift.lifts_first, complete=complete, reference=path)


def test_tempo_and_hold_of_a_thrust() -> None:
    seen = view(Lift(out_s=1.0, plateau_s=1.2, back_s=1.5))
    back, before, out, top = tempo_of(seen, 0.4)
    assert (back, before, out, top) == pytest.approx((1.5, 0.4, 1.0, 1.2), abs=0.25)
    assert timing.hold(seen).value == pytest.approx(1.3, abs=0.15)
    assert timing.concentric(seen).value == out


def test_a_gap_voids_times_and_speeds_but_not_angles() -> None:
    seen = view(Lift(gap_s=0.6))
    assert np.isnan(timing.concentric(seen).value)
    assert np.isnan(timing.hold(seen).value)
    assert np.isnan(metrics_of(seen)["smoothness"])
    assert residual_rise(seen).value == pytest.approx(0.0, abs=0.2)


def test_a_minimum_jerk_lift_peaks_at_1_9_times_its_mean() -> None:
    """1.875 of the whole phase; the corners leave its slowest ends out."""
    assert timing.speed_ratio(view(Lift())).value == pytest.approx(1.7, abs=0.2)
    share = Lift().share
    jerk = 24.0 * share * (1.0 - share) * np.sin(2 * np.pi * 4.0 * Lift().t_s)
    assert timing.speed_ratio(view(Lift(tilt_added=jerk))).value > 2.5


def test_the_rise_of_the_residual_is_what_was_added_late() -> None:
    base = Lift()
    late = base.ramp(0.75, 1.1, 9.0)
    assert residual_rise(view(Lift(tilt_added=late))).value == pytest.approx(9.0, abs=1.0)
    early = base.ramp(-0.3, 0.3, 9.0)
    assert residual_rise(view(Lift(tilt_added=early))).value == pytest.approx(0.0, abs=0.5)


def test_in_a_squat_the_late_extension_is_the_end_of_the_way_up() -> None:
    squat = Lift(**SQUAT)  # type: ignore[arg-type]
    arch = squat.ramp(1.95, 2.3, 9.0)
    seen = view(Lift(**SQUAT, tilt_added=arch))  # type: ignore[arg-type]
    assert residual_rise(seen).value == pytest.approx(9.0, abs=1.5)


def test_pelvis_hip_and_thigh_share_of_a_known_movement() -> None:
    """ΔP −47, ΔT −35 of Δφ −82; nothing leaves the path."""
    seen = view(Lift())
    assert sharing.pelvis_share(seen).value == pytest.approx(-47 / 35, abs=0.02)
    assert sharing.thigh_share(seen).value == pytest.approx(35 / 82, abs=0.02)
    assert sharing.hip_share(seen).value == pytest.approx(1.0, abs=0.01)
    half = Lift(tilt_added=Lift().ramp(0.0, 1.0, 20.0))
    assert sharing.hip_share(view(half)).value == pytest.approx(62 / 82, abs=0.05)


def test_the_share_of_a_thigh_that_hardly_turns_is_not_known() -> None:
    still = Lift(rest=(110.0, -45.0), far=(45.0, -45.0))
    assert np.isnan(sharing.pelvis_share(view(still)).value)


@pytest.mark.parametrize(("tilt_deg", "expected"), [(0.0, 0.0), (4.0, 4.0), (7.0, 7.0)])
def test_pretilt_is_what_the_pelvis_does_before_the_thigh_moves(tilt_deg: float, expected: float) -> None:
    base = Lift()
    before = base.ramp(-0.5, -0.1, -tilt_deg)
    assert sharing.pretilt(view(Lift(tilt_added=before))).value == pytest.approx(expected, abs=1.0)


def test_a_tilt_together_with_the_thigh_is_no_pretilt() -> None:
    together = Lift().ramp(0.25, 0.6, -7.0)
    assert sharing.pretilt(view(Lift(tilt_added=together))).value < 2.0


@pytest.mark.parametrize("wink_deg", [0.0, 8.0, 15.0])
def test_butt_wink_is_the_reversal_of_the_pelvis_at_the_bottom(wink_deg: float) -> None:
    squat = SQUAT | {"plateau_s": 1.0}
    base = Lift(**squat)  # type: ignore[arg-type]
    under = base.ramp(1.05, 1.45, -wink_deg) - base.ramp(1.6, 1.9, -wink_deg)
    seen = sharing.butt_wink(view(Lift(**squat, tilt_added=under)))  # type: ignore[arg-type]
    assert seen.value == pytest.approx(wink_deg, abs=0.5)


@pytest.mark.parametrize("lead_s", [-0.2, 0.15, 0.3])
def test_who_starts_first(lead_s: float) -> None:
    """A pelvis of its own that starts ``lead_s`` before the thigh."""
    base = {"rest": (90.0, -90.0), "far": (90.0, -130.0), "out_s": 0.8}
    pelvis = Lift(**base).ramp(-lead_s, 0.4 - lead_s, 8.0)  # type: ignore[arg-type]
    seen = timing.pelvis_lead(view(Lift(**base, tilt_added=pelvis)))  # type: ignore[arg-type]
    assert seen.value == pytest.approx(lead_s, abs=0.06)


def test_hips_that_shoot_up_lead_by_the_thigh() -> None:
    base = {"rest": (50.0, 52.0), "far": (0.0, 0.0)}
    late = Lift(**base)  # type: ignore[arg-type]
    held_back = late.share * 50.0 - late.ramp(0.3, 1.3, 50.0) * (late.t_s < late.before_s + 2.0)
    seen = view(Lift(**base, tilt_added=held_back))  # type: ignore[arg-type]
    assert timing.thigh_lead(seen).value == pytest.approx(0.3, abs=0.06)
    assert timing.thigh_lead(view(late)).value == pytest.approx(0.0, abs=0.02)


def test_hips_that_shoot_up_are_timed_from_where_they_begin() -> None:
    """The back tips forward by 15° first, so that the hip bends a little more before it opens.

    The thigh is half way up at 0.5 s; the pelvis, 9° late by then, at 0.6 s.
    """
    base = Lift(rest=(50.0, 52.0), far=(0.0, 0.0))
    tipped = base.ramp(-0.35, 0.1, 15.0) + base.ramp(0.3, 1.0, -15.0)
    seen = view(replace(base, tilt_added=tipped))
    assert timing.thigh_lead(seen).value == pytest.approx(0.10, abs=0.025)


@pytest.mark.parametrize("off_deg", [-12.0, 0.0, 9.0])
def test_the_feet_tell_the_heading_at_the_ends_of_a_squat(off_deg: float) -> None:
    """A thigh that hangs shows a wrong heading as rotation, one that is level as adduction."""
    base = Lift(**SQUAT)  # type: ignore[arg-type]
    pitch = np.radians(base.signals()["thigh_pitch_right_deg"])
    wide = -16.0 * base.share
    extra = {
        "hip_adduction_right_deg": wide + off_deg * np.sin(pitch),
        "hip_rotation_right_deg": off_deg * np.cos(pitch),
    }
    seen = view_of(Lift(**SQUAT, extra=extra).track(), lifts_first=False, stands=True)  # type: ignore[arg-type]
    adduction, rotation = seen.series(Signal.HIP_ADDUCTION), seen.series(Signal.HIP_ROTATION)
    assert adduction is not None
    assert rotation is not None
    inside = slice(seen.start, seen.end + 1)
    assert np.abs(adduction.values - wide)[inside].max() < 0.1
    assert np.abs(rotation.values)[inside].max() < 0.1
    bottom = seen.reach
    assert adduction.level_sd[bottom] > rotation.level_sd[bottom]  # a foot may stand otherwise


def test_the_cup_spills_what_runs_over_its_edge() -> None:
    """A list of 10° for 1 s runs over by 6° for about 1 s."""
    base = Lift()
    lean = base.ramp(1.0, 1.1, 10.0) - base.ramp(1.9, 2.0, 10.0)
    assert steadiness.spill(view(base)).value == pytest.approx(0.0, abs=0.1)
    assert steadiness.spill(view(Lift(list_deg=lean))).value == pytest.approx(5.4, abs=0.6)


def test_tremor_is_the_growth_within_3_to_12_hz() -> None:
    t = np.arange(0, 12, 1 / RATE_HZ)
    slow, within, fast = (3.0 * np.sin(2 * np.pi * hz * t) for hz in (0.5, 6.0, 20.0))
    assert steadiness.band_rms(within, RATE_HZ) == pytest.approx(3.0 / np.sqrt(2), rel=0.02)
    assert steadiness.band_rms(slow, RATE_HZ) < 0.1
    assert steadiness.band_rms(fast, RATE_HZ) < 0.1


def test_the_path_runs_from_rest_to_lockout_on_either_kind_of_lift() -> None:
    thrust = path_of(view(Lift()))
    assert len(thrust) == 17
    assert thrust[0] == pytest.approx((127.0, -50.0), abs=1.0)
    assert thrust[-1] == pytest.approx((92.0, -97.0), abs=1.5)
    squat = path_of(view(Lift(**SQUAT)))  # type: ignore[arg-type]
    assert squat[0] == pytest.approx((85.0, 22.0), abs=2.0)
    assert squat[-1] == pytest.approx((0.0, 0.0), abs=2.0)


def test_what_is_not_over_is_not_told() -> None:
    seen = view(Lift(), complete=False)
    assert np.isnan(timing.hold(seen).value)
    assert np.isnan(timing.eccentric(seen).value)
    assert np.isnan(steadiness.spill(seen).value)


def test_the_left_leg_is_read_from_its_own_signals() -> None:
    left = metrics_of(view(Lift(side=Side.LEFT)))
    assert left == pytest.approx(metrics_of(view(Lift())))


def test_the_knee_s_part_is_told_when_a_shank_is_worn() -> None:
    """A knee that opens by 60° while the hip opens by 82°; nothing at all without the sensor."""
    lift = Lift()
    assert "knee_to_hip_ratio" not in metrics_of(view(lift))
    lift.extra = {"knee_flexion_right_deg": 60.0 * (1.0 - lift.share)}
    assert metrics_of(view(lift))["knee_to_hip_ratio"] == pytest.approx(60.0 / 82.0, abs=0.01)


@pytest.mark.parametrize("out_s", [0.3, 1.2])
def test_a_quick_lift_is_as_short_as_its_middle_says(out_s: float) -> None:
    """Corners that a filter has rounded make it look a third longer."""
    quick = view(Lift(out_s=out_s))
    rounded = replace(quick, start=quick.start - 12, reach=quick.reach + 12)
    assert timing.concentric(rounded).value == pytest.approx(out_s, rel=0.12)


def test_hips_that_come_up_first_are_seen_where_the_thigh_turns_back() -> None:
    """The trunk folds as far as the legs stretch: the hip stays bent, and the plateau seems to go on."""
    squat = Lift(**SQUAT)  # type: ignore[arg-type]
    up = squat.ramp(1.3, 1.6, 14.0) - squat.ramp(1.7, 2.2, 14.0)
    seen = view(Lift(**SQUAT, tilt_added=up))  # type: ignore[arg-type]
    late = replace(seen, leave=seen.leave + 25)
    first, last = windows.span_of(Window.EARLY_CONCENTRIC, late) or (0, 0)
    assert late.t_s[first] - 1.0 == pytest.approx(1.3, abs=0.15)
    assert float(np.ptp(late.signals["pelvis_tilt_deg"][first : last + 1])) > 7.0


def test_a_twitch_of_the_pelvis_long_before_the_thigh_moves_leads_nothing() -> None:
    base = {"rest": (90.0, -90.0), "far": (90.0, -130.0)}
    lift = Lift(**base)  # type: ignore[arg-type]
    twitch = lift.ramp(-0.5, -0.4, 1.2) - lift.ramp(-0.38, -0.28, 1.2)
    goes_on = lift.ramp(-0.3, 0.7, 8.0)
    lead = {
        name: timing.pelvis_lead(view(Lift(**base, tilt_added=added))).value  # type: ignore[arg-type]
        for name, added in (("twitch", twitch), ("goes on", goes_on))
    }
    assert lead["twitch"] == 0.0
    assert lead["goes on"] > 0.1


def test_a_change_of_inclination_is_as_sure_as_the_gyroscope_whatever_the_vertical() -> None:
    """Jolts make the level uncertain by 1 to 6° within a stride; the pelvis did not turn by that."""
    lift = Lift()
    signals = lift.signals()
    signals.sd[:] = np.linspace(1.0, 6.0, len(signals))
    seen = replace(view(lift), signals=signals)
    tilt, rotation = (seen.row(name) for name in ("pelvis_list_deg", "hip_rotation_right_deg"))
    assert tilt is not None
    assert rotation is not None
    assert float(tilt.change_sd.max()) == pytest.approx(1.2, abs=0.2)
    assert float(rotation.change_sd.max()) > 5.0


def test_a_thigh_on_its_way_down_is_not_at_rest_before_a_tilt() -> None:
    """The repetition before ends 0.2 s ahead of this one, whose pelvis tilts by 8° first."""
    base = Lift(rest=(-88.0, 138.0), far=(-100.0, 105.0), out_s=1.6, before_s=1.5)
    alone = replace(base, tilt_added=base.ramp(-0.5, -0.1, -8.0))
    pitch = alone.signals()["thigh_pitch_right_deg"] - 30.0 * (1.0 - base.ramp(-1.3, -0.7, 1.0))
    after = replace(alone, extra={"thigh_pitch_right_deg": pitch})
    seen = [sharing.pretilt(view_of(lift.track(), lifts_first=True)).value for lift in (alone, after)]
    assert seen == pytest.approx([8.0, 8.0], abs=1.0)


def test_the_end_of_the_repetition_before_is_no_start_of_this_one() -> None:
    """The thigh comes down until 0.4 s before; a pelvis that stirs while it does leads nothing."""
    base = Lift(rest=(90.0, -90.0), far=(90.0, -130.0), out_s=0.8, before_s=1.5)
    coming = base.signals()["thigh_pitch_right_deg"] - 30.0 * (1.0 - base.ramp(-1.1, -0.4, 1.0))
    stirs = base.ramp(-0.9, -0.6, 6.0)
    rate = np.gradient(coming) * RATE_HZ
    lift = replace(
        base, tilt_added=stirs, extra={"thigh_pitch_right_deg": coming, "thigh_pitch_rate_right_dps": rate}
    )
    lead = timing.pelvis_lead(view_of(lift.track(), lifts_first=True))
    assert not lead.value > 0.05


@pytest.mark.parametrize(("took_s", "sure"), [(0.3, True), (1.5, False)])
def test_a_start_that_is_drawn_out_is_known_no_better(took_s: float, sure: bool) -> None:
    base = Lift(rest=(90.0, -90.0), far=(90.0, -130.0), out_s=0.8, before_s=1.0)
    seen = view_of(replace(base, tilt_added=base.ramp(-0.2, took_s - 0.2, 9.0)).track(), lifts_first=True)
    assert (timing.pelvis_lead(seen).sd < 0.06) is sure


def test_the_greatest_rate_is_not_the_skins() -> None:
    """A rocking of 60°/s at 9 Hz over a lift whose own peak is 1.875 times its mean."""
    base = Lift()
    rocking = 60.0 * np.sin(2.0 * np.pi * 9.0 * base.t_s)
    rows = base.signals()
    extra = {"hip_flexion_rate_right_dps": rows["hip_flexion_rate_right_dps"] + rocking}
    rate = view_of(replace(base, extra=extra).track(), lifts_first=True).series(Signal.HIP_RATE)
    assert rate is not None
    assert float(np.abs(rate.smooth).max()) == pytest.approx(1.875 * 82.0, rel=0.12)
