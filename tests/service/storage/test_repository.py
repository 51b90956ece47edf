"""The repository: what is saved is read again, on SQLite and PostgreSQL alike."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text

from fusion.types import Finding, RepSummary, SetSummary, Severity
from service.storage.coaching_tables import metadata
from service.storage.engine import StorageError, newest_revision, open_engine, upgrade
from service.storage.migrations.config import alembic_config
from service.storage.recordings import RecordingFile
from service.storage.repository import Repository
from tests.service.postgres import postgres_url

START = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database of each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'app.db'}"
        return
    with postgres_url(tmp_path) as made:
        yield made


@pytest.fixture
def kept(url: str) -> Iterator[Repository]:
    upgrade(url)
    repository = Repository(open_engine(url))
    yield repository
    repository.close()


def rep(index: int, *findings: Finding) -> RepSummary:
    t_s = 10.0 + 3.0 * index
    return RepSummary(
        index, t_s, t_s + 1.5, t_s + 2.8, True, 0.9, 80.0, -3.0, 77.0, (1.2, 0.1, 1.3, 0.4), 0.4, 2.5,
        findings=findings,
    )  # fmt: skip


def set_of(index: int, *reps: RepSummary) -> SetSummary:
    return SetSummary(index, "hip_thrust", 10.0, 30.0, reps, len(reps))


def open_session(kept: Repository, athlete: str = "anna", started_at: datetime = START) -> str:
    kept.ensure_athlete(athlete)
    return kept.open_session(athlete, "hip_thrust", started_at, {"AA:01": "pelvis"})


def test_a_set_comes_back_with_its_repetitions_and_findings(kept: Repository) -> None:
    finding = Finding("lumbar", Severity.FAIL, 12.0, 14.2, 10.0, "deg", "Ribs down.")
    session_id = open_session(kept)
    set_id = kept.save_set(session_id, set_of(0, rep(0), rep(1, finding)))
    (stored,) = kept.sets(session_id)
    assert stored["id"] == set_id
    assert (stored["rep_count"], stored["quality_reps"]) == (2, 2)
    reps = kept.reps(set_id)
    assert reps is not None
    assert [r["index"] for r in reps] == [0, 1]
    assert reps[0]["findings"] == []
    assert reps[1]["findings"][0]["value"] == pytest.approx(14.2)
    assert reps[1]["findings"][0]["kind"] == "lumbar"


def test_a_set_that_is_saved_twice_is_there_once(kept: Repository) -> None:
    finding = Finding("lumbar", Severity.FAIL, 12.0, 14.2, 10.0, "deg")
    session_id = open_session(kept)
    kept.save_set(session_id, set_of(0, rep(0, finding)))
    again = kept.save_set(session_id, set_of(0, rep(0, finding), rep(1)))
    kept.save_set(session_id, set_of(1, rep(0)))
    assert [(s["index"], s["rep_count"]) for s in kept.sets(session_id)] == [(0, 2), (1, 1)]
    assert kept.sets(session_id)[0]["id"] == again


def test_there_are_no_repetitions_of_an_unknown_set(kept: Repository) -> None:
    assert kept.reps("nothing") is None
    assert kept.session("nothing") is None


def test_sessions_page_from_newest_to_oldest_without_loss_or_repeat(kept: Repository) -> None:
    """Also where two began at the same moment."""
    ids = {open_session(kept, "anna", START + timedelta(minutes=n // 2)) for n in range(7)}
    open_session(kept, "ben")
    seen, before = [], None
    while page := kept.sessions("anna", 3, before):
        seen += page
        last = page[-1]
        before = (datetime.fromisoformat(last["started_at"]).replace(tzinfo=UTC), last["id"])
    assert {s["id"] for s in seen} == ids
    assert len(seen) == 7
    assert [s["started_at"] for s in seen] == sorted((s["started_at"] for s in seen), reverse=True)


def test_a_closed_session_has_its_recordings_and_is_no_longer_open(kept: Repository) -> None:
    session_id = open_session(kept)
    assert [s["id"] for s in kept.open_sessions()] == [session_id]
    file = RecordingFile("AA:01", "recordings/x.parquet", "0" * 64, 12)
    kept.close_session(session_id, START + timedelta(hours=1), [(file, "movella_dot", 1)])
    assert kept.open_sessions() == []
    found = kept.session(session_id)
    assert found is not None
    assert found["recordings"][0]["packets"] == 12
    assert found["ended_at"] is not None


def test_an_event_is_kept_until_it_is_acknowledged(kept: Repository) -> None:
    session_id = open_session(kept)
    first, second = kept.keep(session_id, "anna", [("rep", {"n": 1}), ("rep", {"n": 2})])
    assert kept.unacknowledged() == [(first, "anna", "rep", {"n": 1}), (second, "anna", "rep", {"n": 2})]
    kept.acknowledge([first])
    assert [e[0] for e in kept.unacknowledged()] == [second]


def test_a_sensor_is_worn_where_it_was_put_last(kept: Repository) -> None:
    kept.ensure_athlete("anna")
    kept.ensure_athlete("ben")
    kept.remember_device("AA:01", "DOT 1", "movella_dot", "anna", "pelvis")
    kept.remember_device("AA:02", "DOT 2", "movella_dot", "anna", "thigh_right")
    kept.remember_device("AA:01", "DOT 1", "movella_dot", "ben", "pelvis")
    kept.remember_device("AA:03", "DOT 3", "movella_dot", "anna", "thigh_right")
    assert kept.assignments() == {"AA:01": ("ben", "pelvis"), "AA:03": ("anna", "thigh_right")}
    assert kept.device_profiles() == dict.fromkeys(["AA:01", "AA:02", "AA:03"], "movella_dot")


def test_fresh_tables_equal_those_of_the_migrations(url: str) -> None:
    """`upgrade` makes an empty database from the tables themselves; alembic would make the same one."""
    command.upgrade(alembic_config(url), "head")
    migrated = _differences(url)
    assert migrated == []
    engine = open_engine(url)
    names = set(inspect(engine).get_table_names())
    with engine.begin() as connection:
        metadata.drop_all(connection)
        connection.execute(text("DROP TABLE alembic_version"))
    engine.dispose()
    upgrade(url)
    assert _differences(url) == []
    engine = open_engine(url)
    assert set(inspect(engine).get_table_names()) == names
    with engine.connect() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == (
            newest_revision()
        )
    engine.dispose()


def _differences(url: str) -> list[object]:
    engine = open_engine(url)
    with engine.connect() as connection:
        options = {"compare_type": True, "user_module_prefix": "sqlmodel.sql.sqltypes."}
        found = compare_metadata(MigrationContext.configure(connection, opts=options), metadata)
    engine.dispose()
    return list(found)


def test_an_older_database_is_migrated_and_a_newest_one_left_alone(url: str) -> None:
    command.stamp(alembic_config(url), "base")
    upgrade(url)
    kept = Repository(open_engine(url))
    open_session(kept)
    upgrade(url)
    assert len(kept.open_sessions()) == 1
    kept.close()


def test_a_database_that_cannot_be_opened_is_named_without_its_password(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"cannot be opened .*; check path and rights"):
        upgrade(f"sqlite:///{tmp_path / 'missing' / 'app.db'}")
    with pytest.raises(StorageError) as caught:
        upgrade("postgresql+psycopg://coach:secret@127.0.0.1:9/ilium")
    assert "secret" not in str(caught.value)
    assert "127.0.0.1:9/ilium" in str(caught.value)


def test_a_file_that_is_no_database_is_said(tmp_path: Path) -> None:
    path = tmp_path / "app.db"
    path.write_bytes(b"somebody's text, not a database" * 100)
    with pytest.raises(StorageError, match=r"app\.db"):
        upgrade(f"sqlite:///{path}")
