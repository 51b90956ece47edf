"""What coach and athlete add survives a set that is saved anew, and teaches the next session."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fusion.programme.records import SetInputs
from fusion.types import RepSummary, SetSummary, Side
from service.storage.engine import open_engine, upgrade
from service.storage.repository import Repository
from tests.service.postgres import postgres_url

START = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
PATH = tuple((127.0 - 35.0 * k / 16, -50.0 - 47.0 * k / 16) for k in range(17))


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Repository]:
    if request.param == "sqlite":
        yield from _repository(f"sqlite:///{tmp_path / 'app.db'}")
        return
    with postgres_url(tmp_path) as url:
        yield from _repository(url)


def _repository(url: str) -> Iterator[Repository]:
    upgrade(url)
    made = Repository(open_engine(url))
    yield made
    made.close()


def set_of(reps: int, index: int = 0, *, quality: bool = True) -> SetSummary:
    done = tuple(
        RepSummary(
            k, 3.0 * k, 3.0 * k + 1.0, 3.0 * k + 2.5, True, 1.0, 82.0, -5.0, 77.0, (1.5, 0.3, 1.0, 1.0),
            1.0, 0.5, side=Side.RIGHT, quality=quality, metrics={"form_lumbar_extension": 0.5},
            path_deg=PATH,
        )
        for k in range(reps)
    )  # fmt: skip
    return SetSummary(index, "hip_thrust", 0.0, 3.0 * reps, done, sum(r.quality for r in done))


def session(kept: Repository, days: int = 0) -> str:
    kept.ensure_athlete("anna")
    return kept.open_session("anna", "hip_thrust", START + timedelta(days=days), {"AA:01": "pelvis"})


def rep_ids(kept: Repository, set_id: str) -> list[str]:
    reps = kept.reps(set_id)
    assert reps is not None
    return [r["id"] for r in reps]


def test_what_was_told_of_a_set_stays_when_the_set_is_saved_again(kept: Repository) -> None:
    at = session(kept)
    set_id = kept.save_set(at, set_of(3))
    assert kept.coaching.set_inputs(set_id, SetInputs(load_kg=40.0))
    assert kept.coaching.set_inputs(set_id, SetInputs(load_kg=60.0, rpe=8.0, rating=7.0))
    kept.save_set(at, set_of(4))
    [done] = kept.coaching.history("anna")
    assert done.day == START.date()
    assert done.sets[0].inputs == SetInputs(60.0, 8.0, 7.0)
    assert (len(done.sets[0].reps), done.sets[0].quality_reps) == (4, 4)


def test_nothing_is_kept_of_a_set_that_is_not_there(kept: Repository) -> None:
    assert not kept.coaching.set_inputs("nothing", SetInputs())
    assert kept.coaching.approve("nothing", approved=True) is None


def test_history_begins_where_it_is_asked_to(kept: Repository) -> None:
    for day in (0, 7):
        kept.save_set(session(kept, day), set_of(2))
    assert len(kept.coaching.history("anna")) == 2
    assert len(kept.coaching.history("anna", START + timedelta(days=3))) == 1
    assert kept.coaching.history("ben") == []


def test_three_approved_repetitions_make_the_first_version(kept: Repository) -> None:
    ids = rep_ids(kept, kept.save_set(session(kept), set_of(4, quality=False)))
    assert kept.coaching.approve(ids[0], approved=True) == {}
    assert kept.coaching.approve(ids[1], approved=True) == {}
    reference = kept.coaching.approve(ids[2], approved=True)
    assert reference is not None
    assert (reference["version"], reference["source"], reference["reps"]) == (1, "approved", 3)
    [present] = kept.coaching.present_references("anna")
    assert (present.exercise, present.side, present.rom_deg) == ("hip_thrust", Side.RIGHT, 82.0)
    assert present.path is not None


def test_a_new_word_makes_a_new_version_and_the_same_one_none(kept: Repository) -> None:
    ids = rep_ids(kept, kept.save_set(session(kept), set_of(5, quality=False)))
    for rep_id in ids[:3]:
        kept.coaching.approve(rep_id, approved=True)
    fourth = kept.coaching.approve(ids[3], approved=True)
    assert fourth is not None
    assert (fourth["version"], fourth["reps"]) == (2, 4)
    again = kept.coaching.approve(ids[3], approved=True)
    assert again == fourth
    assert [r["version"] for r in kept.coaching.references("anna")] == [2, 1]


def test_approvals_stay_when_the_set_is_saved_again(kept: Repository) -> None:
    at = session(kept)
    for rep_id in rep_ids(kept, kept.save_set(at, set_of(3, quality=False))):
        kept.coaching.approve(rep_id, approved=True)
    kept.save_set(at, set_of(3, quality=False))
    learnt = kept.coaching.learn("anna", "hip_thrust", Side.RIGHT)
    assert learnt is not None
    assert (learnt.reps, learnt.version) == (3, 1)


def test_a_session_of_good_repetitions_teaches_without_a_coach(kept: Repository) -> None:
    at = session(kept)
    kept.save_set(at, set_of(12))
    kept.coaching.learn_from_session(at)
    kept.coaching.learn_from_session(at)
    [present] = kept.coaching.present_references("anna")
    assert (present.source, present.reps, present.version) == ("best", 10, 1)


def test_a_session_is_judged_again_by_the_reference_that_held_when_it_was_recorded(kept: Repository) -> None:
    ids = rep_ids(kept, kept.save_set(session(kept), set_of(4, quality=False)))
    before = datetime.now(UTC)
    for rep_id in ids[:3]:
        kept.coaching.approve(rep_id, approved=True)
    first = datetime.now(UTC)
    kept.coaching.approve(ids[3], approved=True)
    assert kept.coaching.present_references("anna", before) == ()
    assert [r.version for r in kept.coaching.present_references("anna", first)] == [1]
    assert [r.version for r in kept.coaching.present_references("anna")] == [2]


def test_results_of_screens_come_newest_first(kept: Repository) -> None:
    at = session(kept)
    for hold_s in (30.0, 45.0):
        kept.coaching.save_screen("anna", at, "plank", {"screen": "plank", "hold_s": hold_s})
    assert [r["hold_s"] for r in kept.coaching.screens("anna", 10)] == [45.0, 30.0]
    assert len(kept.coaching.screens("anna", 1)) == 1
