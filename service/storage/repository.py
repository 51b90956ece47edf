"""Questions to the database and changes to it; rows never leave this folder, documents do."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Engine, update
from sqlmodel import Session as Transaction
from sqlmodel import SQLModel, col, select

from fusion.summary import (
    Document,
    alignment_document,
    finding_document,
    rep_document,
    set_document,
)
from fusion.types import SegmentAlignment, SetSummary
from sensors.registry import KnownDevice
from service.storage.coaching import CoachingStore
from service.storage.recordings import RecordingFile
from service.storage.tables import (
    Athlete,
    Calibration,
    Device,
    ExerciseSet,
    Outbox,
    Recording,
    Rep,
    RepFinding,
    Session,
    new_id,
    now,
)


class Repository:
    """All access to the database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.coaching = CoachingStore(engine)

    def close(self) -> None:
        """Let go of all connections."""
        self._engine.dispose()

    def ping(self) -> None:
        """Raise when the database does not answer."""
        with Transaction(self._engine) as t:
            t.exec(select(1)).one()

    # --- athletes and devices

    def ensure_athlete(self, athlete_id: str, name: str = "") -> None:
        """Make the athlete if there is none with this id."""
        with Transaction(self._engine) as t:
            if t.get(Athlete, athlete_id) is None:
                t.add(Athlete(id=athlete_id, name=name))
                t.commit()

    def athletes(self) -> list[Document]:
        """All athletes."""
        with Transaction(self._engine) as t:
            return [_document(a) for a in t.exec(select(Athlete).order_by(Athlete.id))]

    def remember_device(self, device_id: str, name: str, profile: str, athlete_id: str, segment: str) -> None:
        """Keep where a sensor is worn; whichever was there before is not any more."""
        with Transaction(self._engine) as t:
            same_place = (col(Device.athlete_id) == athlete_id) & (col(Device.segment) == segment)
            t.execute(update(Device).where(same_place).values(athlete_id=None, segment=None))
            device = t.get(Device, device_id, populate_existing=True) or Device(id=device_id, profile=profile)
            device.name, device.profile = name or device.name, profile
            device.athlete_id, device.segment = athlete_id, segment
            t.add(device)
            t.commit()

    def device_profiles(self) -> dict[str, str]:
        """device_id → id of its firmware profile, of every sensor ever worn."""
        with Transaction(self._engine) as t:
            return {d.id: d.profile for d in t.exec(select(Device))}

    def known_devices(self) -> list[KnownDevice]:
        """Every sensor ever worn, as it called itself."""
        with Transaction(self._engine) as t:
            return [KnownDevice(d.id, d.profile, d.name) for d in t.exec(select(Device))]

    def assignments(self) -> dict[str, tuple[str, str]]:
        """device_id → (athlete, segment) of every sensor that is worn by someone."""
        with Transaction(self._engine) as t:
            worn = t.exec(select(Device).where(col(Device.athlete_id).is_not(None)))
            return {d.id: (d.athlete_id, d.segment) for d in worn if d.athlete_id and d.segment}

    # --- sessions

    def open_session(
        self, athlete_id: str, exercise: str, started_at: datetime, segments: Mapping[str, str]
    ) -> str:
        """Begin a session; returns its id."""
        session = Session(
            athlete_id=athlete_id, exercise=exercise, started_at=started_at, segments=dict(segments)
        )
        with Transaction(self._engine) as t:
            t.add(session)
            t.commit()
            return session.id

    def close_session(
        self, session_id: str, ended_at: datetime, files: Iterable[tuple[RecordingFile, str, int]]
    ) -> None:
        """End a session; ``files`` are its recordings with profile and version."""
        with Transaction(self._engine) as t:
            session = t.get_one(Session, session_id)
            session.ended_at = ended_at
            t.add(session)
            for file, profile, version in files:
                t.add(
                    Recording(
                        session_id=session_id,
                        device_id=file.device_id,
                        path=file.path,
                        sha256=file.sha256,
                        profile=profile,
                        profile_version=version,
                        packets=file.packets,
                    )
                )
            t.commit()

    def open_sessions(self) -> list[Document]:
        """Sessions that were never closed."""
        with Transaction(self._engine) as t:
            return [_document(s) for s in t.exec(select(Session).where(col(Session.ended_at).is_(None)))]

    def sessions(
        self, athlete_id: str | None, limit: int, before: tuple[datetime, str] | None
    ) -> list[Document]:
        """Sessions from newest to oldest, continuing after ``before`` (start, id)."""
        query = select(Session).order_by(col(Session.started_at).desc(), col(Session.id).desc()).limit(limit)
        if athlete_id is not None:
            query = query.where(Session.athlete_id == athlete_id)
        if before is not None:
            at, key = before
            older = col(Session.started_at) < at
            query = query.where(older | ((col(Session.started_at) == at) & (col(Session.id) < key)))
        with Transaction(self._engine) as t:
            return [_document(s) for s in t.exec(query)]

    def session(self, session_id: str) -> Document | None:
        """One session with its calibrations and recordings."""
        with Transaction(self._engine) as t:
            found = t.get(Session, session_id)
            if found is None:
                return None
            calibrations = t.exec(select(Calibration).where(Calibration.session_id == session_id))
            recordings = t.exec(select(Recording).where(Recording.session_id == session_id))
            return _document(found) | {
                "calibrations": [c.alignment for c in calibrations],
                "recordings": [_document(r) for r in recordings],
            }

    # --- results

    def save_set(self, session_id: str, done: SetSummary) -> str:
        """Keep a closed set with its repetitions and findings; returns its id.

        A set with the same index in the session is replaced, so that a repeat does no harm.
        """
        set_id = new_id()
        with Transaction(self._engine) as t:
            self._remove_set(t, session_id, done.index)
            summary = {k: v for k, v in set_document(done).items() if k != "reps"}
            t.add(
                ExerciseSet(
                    id=set_id,
                    session_id=session_id,
                    index=done.index,
                    exercise=done.exercise,
                    t_start_s=done.t_start_s,
                    t_end_s=done.t_end_s,
                    rep_count=len(done.reps),
                    quality_reps=done.quality_reps,
                    summary=summary,
                )
            )
            t.flush()
            for rep in done.reps:
                document = rep_document(rep)
                row = Rep(
                    set_id=set_id,
                    summary=document,
                    **{k: document[k] for k in _REP_COLUMNS},
                )
                t.add(row)
                t.flush()
                for finding in rep.findings:
                    facts = finding_document(finding)
                    t.add(RepFinding(rep_id=row.id, **{k: facts[k] for k in _FINDING_COLUMNS}))
            t.commit()
        return set_id

    @staticmethod
    def _remove_set(t: Transaction, session_id: str, index: int) -> None:
        same = select(ExerciseSet).where(ExerciseSet.session_id == session_id, ExerciseSet.index == index)
        for old in t.exec(same):
            for rep in t.exec(select(Rep).where(Rep.set_id == old.id)):
                for finding in t.exec(select(RepFinding).where(RepFinding.rep_id == rep.id)):
                    t.delete(finding)
                t.flush()
                t.delete(rep)
            t.flush()
            t.delete(old)
        t.flush()

    def sets(self, session_id: str) -> list[Document]:
        """Sets of a session in order."""
        query = (
            select(ExerciseSet).where(ExerciseSet.session_id == session_id).order_by(col(ExerciseSet.index))
        )
        with Transaction(self._engine) as t:
            return [_document(s, drop=("summary",)) | s.summary for s in t.exec(query)]

    def reps(self, set_id: str) -> list[Document] | None:
        """Repetitions of a set with their findings; None when there is no such set."""
        with Transaction(self._engine) as t:
            if t.get(ExerciseSet, set_id) is None:
                return None
            query = select(Rep).where(Rep.set_id == set_id).order_by(col(Rep.index))
            return [{"id": r.id, "set_id": r.set_id} | r.summary for r in t.exec(query)]

    # --- events on their way out

    def keep(
        self,
        session_id: str,
        athlete_id: str,
        events: Sequence[tuple[str, Document]],
        alignments: Iterable[SegmentAlignment] = (),
    ) -> list[int]:
        """Keep events (topic, body) that are to be published, and how sensors sit from now on.

        All in one transaction, as the disk is waited for at the end of each. Returns the events' numbers.
        """
        with Transaction(self._engine) as t:
            t.add_all(_calibration(session_id, alignment) for alignment in alignments)
            rows = [Outbox(athlete_id=athlete_id, topic=topic, body=body) for topic, body in events]
            t.add_all(rows)
            t.flush()
            numbers = [row.id for row in rows if row.id is not None]
            t.commit()
        return numbers

    def acknowledge(self, event_ids: Collection[int]) -> None:
        """The broker has these events."""
        with Transaction(self._engine) as t:
            t.execute(update(Outbox).where(col(Outbox.id).in_(event_ids)).values(acknowledged_at=now()))
            t.commit()

    def unacknowledged(self, limit: int = 1000) -> Sequence[tuple[int, str, str, Document]]:
        """Events that the broker has not confirmed: (number, athlete, topic, body), oldest first."""
        query = (
            select(Outbox).where(col(Outbox.acknowledged_at).is_(None)).order_by(col(Outbox.id)).limit(limit)
        )
        with Transaction(self._engine) as t:
            return [(e.id or 0, e.athlete_id, e.topic, e.body) for e in t.exec(query)]


_REP_COLUMNS = (
    "index",
    "t_start_s",
    "t_top_s",
    "t_end_s",
    "full",
    "confidence",
    "rom_deg",
    "pelvis_residual_peak_deg",
    "quality",
)
_FINDING_COLUMNS = ("kind", "severity", "t_s", "value", "limit", "unit")


def _calibration(session_id: str, alignment: SegmentAlignment) -> Calibration:
    return Calibration(
        session_id=session_id,
        segment=alignment.segment.value,
        t_s=alignment.t_s,
        quality=alignment.quality,
        alignment=alignment_document(alignment),
    )


def _document(row: SQLModel, drop: tuple[str, ...] = ()) -> Document:
    return row.model_dump(mode="json", exclude=set(drop))
