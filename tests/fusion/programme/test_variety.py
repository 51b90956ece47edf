"""Histograms of how the work was done, and the map of the range that was visited."""

from dataclasses import replace

import pytest

from fusion.programme.variety import coverage_of, rep_range, variety_of
from tests.fusion.programme.weeks import CLASSES, REP, session_on, set_of


@pytest.mark.parametrize(
    ("reps", "band"),
    [(1, "1-5"), (5, "1-5"), (6, "6-12"), (12, "6-12"), (13, "13-20"), (20, "13-20"), (21, "21+")],
)
def test_bands_of_repetitions(reps: int, band: str) -> None:
    assert rep_range(reps) == band


def test_sets_by_range_repetitions_by_posture_and_length() -> None:
    shallow = replace(REP, hip_flexion_max_deg=29.0)
    session = session_on(
        0,
        set_of("hip_thrust", 5, load_kg=60.0),
        set_of("hip_thrust", 15, load_kg=40.0),
        set_of("clamshell", 20, rep=shallow),
    )
    seen = variety_of([session], CLASSES)
    assert seen.sets_by_rep_range == {"1-5": 1, "13-20": 2}
    assert seen.reps_by_posture == {"side_lying": 20, "supine": 20}
    assert seen.reps_by_length == {"long": 20, "short": 20}
    assert seen.loads_kg == (40.0, 60.0)


def test_a_band_is_covered_when_its_middle_was_passed() -> None:
    short = replace(REP, hip_flexion_min_deg=4.0, hip_flexion_max_deg=26.0, rom_deg=22.0)
    [seen] = coverage_of([session_on(0, set_of(good=3, rep=short))])
    assert seen.reps_by_band_deg == {0: 3, 10: 3, 20: 3}
    narrower = replace(short, hip_flexion_min_deg=6.0, hip_flexion_max_deg=24.0)
    [seen] = coverage_of([session_on(0, set_of(good=3, rep=narrower))])
    assert seen.reps_by_band_deg == {10: 3}


def test_the_range_without_compensation_is_that_of_good_repetitions() -> None:
    wide = replace(REP, rom_deg=95.0, quality=False)
    session = session_on(0, set_of(good=2), set_of(good=0, bad=1, rep=wide))
    [seen] = coverage_of([session])
    assert (seen.quality_rom_deg, seen.widest_rom_deg) == (80.0, 95.0)


def test_a_repetition_of_little_confidence_covers_nothing() -> None:
    assert coverage_of([session_on(0, set_of(rep=replace(REP, confidence=0.4)))]) == []
