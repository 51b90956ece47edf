"""Strides in a row are judged together: by what they have in common, and not by what a loss did to one."""

import numpy as np

from fusion import exercises
from fusion.movement.bout import Bouts, Ruling
from fusion.movement.track import Track
from fusion.types import Side, SignalBlock

RATE_HZ = 60.0


def stride(
    start_s: float,
    took_s: float,
    *,
    tilt_deg: float = 11.0,
    high_deg: float = 25.0,
    low_deg: float = -22.0,
    end_deg: float | None = None,
    shown_share: float = 1.0,
    peak_dps: float = 350.0,
) -> Track:
    """One that swings from front to back and to the front again."""
    n = round(took_s * RATE_HZ)
    t_s = start_s + np.arange(n + 1) / RATE_HZ
    swing = 0.5 * (1.0 + np.cos(2.0 * np.pi * np.arange(n + 1) / n))
    pitch = low_deg + (high_deg - low_deg) * swing
    if end_deg is not None:
        pitch[n // 2 :] = low_deg + (end_deg - low_deg) * swing[n // 2 :]
    tilt = np.full(n + 1, tilt_deg)
    signals = SignalBlock(t_s, RATE_HZ, (), np.empty((0, n + 1)), np.empty((0, n + 1)))
    return Track(
        Side.RIGHT,
        t_s,
        -(tilt + pitch),
        tilt,
        pitch,
        tilt + pitch,
        np.zeros(n + 1),
        np.full(n + 1, np.nan),
        0,
        n // 2,
        n // 2,
        n,
        signals,
        peak_dps=peak_dps,
        shown_share=shown_share,
    )


def ruled(bouts: Bouts, strides: list[Track], alone: list[bool]) -> list[Ruling]:
    return [bouts.rule(0, one, alone=seems) for one, seems in zip(strides, alone, strict=True)]


def in_a_row(count: int, took_s: float, first_s: float = 5.0, **like: float) -> list[Track]:
    return [stride(first_s + took_s * k, took_s, **like) for k in range(count)]


def test_a_run_whose_level_was_off_for_two_strides_is_a_run_from_the_first_one_on() -> None:
    strides = [*in_a_row(2, 0.7, tilt_deg=-8.0), *in_a_row(3, 0.7, 6.4, tilt_deg=2.0)]
    rulings = ruled(Bouts(exercises.load("run")), strides, [False, False, True, True, True])
    assert [r.counts for r in rulings] == [False, False, True, True, True]
    assert rulings[2].late == tuple(strides[:2])
    assert rulings[3].confirmed == tuple(strides[:3])


def test_a_walk_of_which_one_stride_looks_like_a_run_is_a_walk() -> None:
    strides = in_a_row(5, 1.0, tilt_deg=3.0, high_deg=27.0, low_deg=-16.0)
    rulings = ruled(Bouts(exercises.load("run")), strides, [False, True, False, True, False])
    assert rulings[2].withdrawn == (strides[1],)
    assert not any(r.counts for r in rulings[2:])


def test_a_stride_out_of_shape_is_told_by_its_time() -> None:
    strides = [
        *in_a_row(3, 0.7),
        stride(7.1, 0.66, high_deg=48.0, low_deg=-55.0),
        *in_a_row(2, 0.7, 7.8),
    ]
    rulings = ruled(Bouts(exercises.load("run")), strides, [True, True, True, False, True, True])
    assert [r.counts for r in rulings] == [True] * 6


def test_what_no_sensor_has_shown_of_it_is_none() -> None:
    strides = [*in_a_row(3, 0.7), stride(7.1, 0.66, high_deg=60.0, shown_share=0.1)]
    assert not ruled(Bouts(exercises.load("run")), strides, [True, True, True, False])[3].counts


def test_coming_to_a_halt_is_no_stride_of_a_run() -> None:
    strides = [*in_a_row(3, 0.7), stride(7.1, 1.3, low_deg=-40.0, end_deg=2.0, tilt_deg=2.0)]
    rulings = ruled(Bouts(exercises.load("run")), strides, [True, True, True, True])
    assert [r.counts for r in rulings] == [True, True, True, False]


def test_a_walk_up_to_a_run_is_none_of_it() -> None:
    walk = in_a_row(3, 1.05, tilt_deg=3.0, high_deg=27.0, low_deg=-16.0)
    rulings = ruled(Bouts(exercises.load("run")), [*walk, *in_a_row(3, 0.7, 8.15)], [False] * 3 + [True] * 3)
    assert [r.counts for r in rulings] == [False] * 3 + [True] * 3
    assert not any(r.late for r in rulings)


def test_after_a_halt_another_bout_begins() -> None:
    walk = in_a_row(3, 1.0, tilt_deg=3.0, high_deg=27.0, low_deg=-16.0)
    alone = stride(20.0, 0.72)
    rulings = ruled(Bouts(exercises.load("run")), [*walk, alone], [False, False, False, True])
    assert rulings[3].counts


def test_a_sprint_counts_though_half_of_g_is_felt_forwards() -> None:
    strides = in_a_row(4, 0.45, tilt_deg=-8.0, high_deg=82.0, low_deg=-46.0, peak_dps=1100.0)
    rulings = ruled(Bouts(exercises.load("sprint")), strides, [False] * 4)
    assert rulings[2].counts
    assert rulings[2].late == tuple(strides[:2])
