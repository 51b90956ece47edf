"""The page that says what is covered names every row, and only what exists."""

import re
from pathlib import Path

from fusion import exercises, screens

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "features.md").read_text(encoding="utf-8")
ROWS = {"1": 45, "2": 42, "3": 13, "4": 20}


def test_every_row_is_there_once() -> None:
    found = re.findall(r"^\| (\d)\.(\d\d) \|", PAGE, re.MULTILINE)
    assert found == [(part, f"{k:02}") for part, count in ROWS.items() for k in range(1, count + 1)]


def test_every_test_and_module_that_is_named_exists() -> None:
    named = set(re.findall(r"`((?:fusion|service)/[\w/]+\.py)`", PAGE))
    assert len(named) > 10
    missing = [n for n in named if not (ROOT / n).exists() and not (ROOT / "tests" / n).exists()]
    assert missing == []


def test_every_movement_names_exercises_of_the_library() -> None:
    part = PAGE.split("## 1.")[1].split("## 2.")[0]
    cells = [line.split("|")[3] for line in part.splitlines() if re.match(r"\| 1\.", line)]
    named = {name for cell in cells for name in re.findall(r"`([a-z_.]+)`", cell)} - {"programme.leads_to"}
    assert named <= set(exercises.ids())
    assert set(exercises.ids()) - named == {"single_leg_squat", "single_leg_stance"}


def test_every_check_names_rules_of_the_library() -> None:
    part = PAGE.split("## 2.")[1].split("## 3.")[0]
    rules = {r.kind for i in exercises.ids() for r in exercises.load(i).compensations}
    told = {"top_band_s", "smoothness"}
    cells = [line.split("|")[4] for line in part.splitlines() if re.match(r"\| 2\.", line)]
    named = {n for cell in cells for n in re.findall(r"`([a-z_]+)`", cell)}
    assert named - told <= rules


def test_every_screen_is_named() -> None:
    part = PAGE.split("## 3.")[1].split("## 4.")[0]
    assert all(s.removesuffix("_left").removesuffix("_right") in part for s in screens.ids())
