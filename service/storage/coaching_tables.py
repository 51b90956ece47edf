"""Tables of what coach and athlete add: loads, approvals, references learnt from them, screens.

They name sets and repetitions by their place in the session, so that they survive a set that is saved anew.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, DateTime, UniqueConstraint
from sqlmodel import Field, SQLModel

from service.storage.tables import metadata, new_id, now

__all__ = ["Reference", "RepApproval", "ScreenOutcome", "SetInput", "metadata"]


class SetInput(SQLModel, table=True):
    """What the user told of a set."""

    __tablename__ = "set_input"
    __table_args__ = (UniqueConstraint("session_id", "set_index"),)

    id: str = Field(default_factory=new_id, primary_key=True, max_length=64)
    session_id: str = Field(foreign_key="session.id", index=True)
    set_index: int
    load_kg: float | None = None
    rpe: float | None = None
    rating: float | None = None
    warm_up: bool = False
    updated_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))


class RepApproval(SQLModel, table=True):
    """A coach's word on one repetition."""

    __tablename__ = "rep_approval"
    __table_args__ = (UniqueConstraint("session_id", "set_index", "rep_index"),)

    id: str = Field(default_factory=new_id, primary_key=True, max_length=64)
    session_id: str = Field(foreign_key="session.id", index=True)
    set_index: int
    rep_index: int
    approved: bool
    updated_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))


class Reference(SQLModel, table=True):
    """One version of a person's own reference for an exercise and side (empty: both)."""

    __table_args__ = (UniqueConstraint("athlete_id", "exercise", "side", "version"),)

    id: str = Field(default_factory=new_id, primary_key=True, max_length=64)
    athlete_id: str = Field(foreign_key="athlete.id", index=True)
    exercise: str = Field(max_length=64)
    side: str = Field(default="", max_length=8)
    version: int
    made_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))
    document: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))


class ScreenOutcome(SQLModel, table=True):
    """The result of a screen."""

    __tablename__ = "screen_outcome"

    id: str = Field(default_factory=new_id, primary_key=True, max_length=64)
    athlete_id: str = Field(foreign_key="athlete.id", index=True)
    session_id: str = Field(foreign_key="session.id", index=True)
    screen: str = Field(max_length=64)
    made_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))
    document: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
