"""What coach and athlete add to sessions, and what is learnt from it; documents in and out."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Engine
from sqlmodel import Session as Transaction
from sqlmodel import col, select

from fusion.programme.records import DoneSession, SetInputs, set_from
from fusion.reference_path import Candidate, PersonReference, learn, reference_document, reference_from
from fusion.summary import Document
from fusion.types import Side
from service.storage.coaching_tables import Reference, RepApproval, ScreenOutcome, SetInput
from service.storage.tables import ExerciseSet, Rep, Session, now

LEARN_FROM_REPS = 400
"""The newest repetitions of an exercise that a reference is learnt from."""


class CoachingStore:
    """Inputs, approvals, references and screens in the database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    # --- what the user tells of a set

    def set_inputs(self, set_id: str, inputs: SetInputs) -> bool:
        """Keep what was told; False when there is no such set."""
        with Transaction(self._engine) as t:
            done = t.get(ExerciseSet, set_id)
            if done is None:
                return False
            same = select(SetInput).where(
                SetInput.session_id == done.session_id, SetInput.set_index == done.index
            )
            row = t.exec(same).first() or SetInput(session_id=done.session_id, set_index=done.index)
            row.load_kg, row.rpe, row.rating = inputs.load_kg, inputs.rpe, inputs.rating
            row.warm_up, row.updated_at = inputs.warm_up, now()
            t.add(row)
            t.commit()
            return True

    def history(self, athlete_id: str, since: datetime | None = None) -> list[DoneSession]:
        """An athlete's sessions with their sets and what was told of them, oldest first."""
        query = select(Session).where(Session.athlete_id == athlete_id).order_by(col(Session.started_at))
        if since is not None:
            query = query.where(col(Session.started_at) >= since)
        with Transaction(self._engine) as t:
            return [self._done(t, session) for session in t.exec(query)]

    @staticmethod
    def _done(t: Transaction, session: Session) -> DoneSession:
        told = {
            row.set_index: SetInputs(row.load_kg, row.rpe, row.rating, row.warm_up)
            for row in t.exec(select(SetInput).where(SetInput.session_id == session.id))
        }
        sets = t.exec(
            select(ExerciseSet).where(ExerciseSet.session_id == session.id).order_by(col(ExerciseSet.index))
        ).all()
        done = []
        for one in sets:
            reps = t.exec(select(Rep).where(Rep.set_id == one.id).order_by(col(Rep.index)))
            inputs = told.get(one.index, SetInputs())
            done.append(set_from(one.summary | {"exercise": one.exercise}, [r.summary for r in reps], inputs))
        return DoneSession(session.id, session.started_at.date(), tuple(done))

    # --- approvals and references

    def approve(self, rep_id: str, *, approved: bool) -> Document | None:
        """Keep a coach's word and learn anew; gives the reference that holds now, {} while there is none.

        None when there is no such repetition.
        """
        with Transaction(self._engine) as t:
            rep = t.get(Rep, rep_id)
            if rep is None:
                return None
            done = t.get_one(ExerciseSet, rep.set_id)
            athlete_id = t.get_one(Session, done.session_id).athlete_id
            same = select(RepApproval).where(
                RepApproval.session_id == done.session_id,
                RepApproval.set_index == done.index,
                RepApproval.rep_index == rep.index,
            )
            row = t.exec(same).first() or RepApproval(
                session_id=done.session_id, set_index=done.index, rep_index=rep.index, approved=approved
            )
            row.approved, row.updated_at = approved, now()
            t.add(row)
            t.commit()
            exercise, side = done.exercise, rep.summary.get("side")
        reference = self.learn(athlete_id, exercise, Side(side) if side else None)
        return reference_document(reference) if reference else {}

    def learn(self, athlete_id: str, exercise: str, side: Side | None) -> PersonReference | None:
        """Learn the reference of one exercise and side anew; a new version only where it differs."""
        with Transaction(self._engine) as t:
            candidates = self._candidates(t, athlete_id, exercise, side)
            latest = self._latest(t, athlete_id, exercise, side)
            version = latest.version if latest else 0
            learnt = learn(exercise, side, candidates, version=max(version, 1))
            if learnt is None:
                return reference_from(latest.document) if latest else None
            document = reference_document(learnt)
            if latest is not None and latest.document == document:
                return learnt
            document |= {"version": version + 1}
            t.add(
                Reference(
                    athlete_id=athlete_id,
                    exercise=exercise,
                    side=side.value if side else "",
                    version=version + 1,
                    document=document,
                )
            )
            t.commit()
            return reference_from(document)

    def learn_from_session(self, session_id: str) -> None:
        """Learn from what a session added, for every exercise and side that was done in it."""
        query = (
            select(ExerciseSet, Rep, Session)
            .where(ExerciseSet.session_id == session_id)
            .where(Rep.set_id == ExerciseSet.id, Session.id == ExerciseSet.session_id)
        )
        with Transaction(self._engine) as t:
            found = {(s.athlete_id, e.exercise, r.summary.get("side")) for e, r, s in t.exec(query)}
        for athlete_id, exercise, side in sorted(found, key=str):
            self.learn(athlete_id, exercise, Side(side) if side else None)

    @staticmethod
    def _candidates(t: Transaction, athlete_id: str, exercise: str, side: Side | None) -> list[Candidate]:
        query = (
            select(Rep, ExerciseSet)
            .where(Rep.set_id == ExerciseSet.id, ExerciseSet.session_id == Session.id)
            .where(Session.athlete_id == athlete_id, ExerciseSet.exercise == exercise)
            .order_by(col(Session.started_at).desc(), col(ExerciseSet.index).desc(), col(Rep.index).desc())
            .limit(LEARN_FROM_REPS)
        )
        rows = t.exec(query).all()
        sessions = {done.session_id for _, done in rows}
        judged = select(RepApproval).where(col(RepApproval.session_id).in_(sessions))
        words = {(a.session_id, a.set_index, a.rep_index): a.approved for a in t.exec(judged)}
        wanted = side.value if side else None
        return [
            Candidate.from_document(rep.summary, approved=words.get((done.session_id, done.index, rep.index)))
            for rep, done in reversed(rows)
            if rep.summary.get("side") == wanted
        ]

    @staticmethod
    def _latest(t: Transaction, athlete_id: str, exercise: str, side: Side | None) -> Reference | None:
        query = (
            select(Reference)
            .where(Reference.athlete_id == athlete_id, Reference.exercise == exercise)
            .where(Reference.side == (side.value if side else ""))
            .order_by(col(Reference.version).desc())
        )
        return t.exec(query).first()

    def references(self, athlete_id: str, at: datetime | None = None) -> list[Document]:
        """Every version of an athlete's references (made by ``at``), newest first by exercise and side."""
        query = (
            select(Reference)
            .where(Reference.athlete_id == athlete_id)
            .order_by(Reference.exercise, Reference.side, col(Reference.version).desc())
        )
        if at is not None:
            query = query.where(col(Reference.made_at) <= at)
        with Transaction(self._engine) as t:
            return [
                row.document | {"id": row.id, "made_at": row.made_at.isoformat()} for row in t.exec(query)
            ]

    def present_references(self, athlete_id: str, at: datetime | None = None) -> tuple[PersonReference, ...]:
        """The newest version of each, as the core takes them; with ``at`` those that held at that time."""
        newest: dict[tuple[str, str | None], PersonReference] = {}
        for document in self.references(athlete_id, at):
            newest.setdefault((document["exercise"], document["side"]), reference_from(document))
        return tuple(newest.values())

    # --- screens

    def save_screen(self, athlete_id: str, session_id: str, screen: str, document: Document) -> str:
        """Keep a result; returns its id."""
        row = ScreenOutcome(athlete_id=athlete_id, session_id=session_id, screen=screen, document=document)
        with Transaction(self._engine) as t:
            t.add(row)
            t.commit()
            return row.id

    def screens(self, athlete_id: str, limit: int) -> list[Document]:
        """Results from newest to oldest."""
        query = (
            select(ScreenOutcome)
            .where(ScreenOutcome.athlete_id == athlete_id)
            .order_by(col(ScreenOutcome.made_at).desc(), col(ScreenOutcome.id))
            .limit(limit)
        )
        with Transaction(self._engine) as t:
            return [r.document | {"id": r.id, "made_at": r.made_at.isoformat()} for r in t.exec(query)]
