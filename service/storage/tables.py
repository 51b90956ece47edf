"""Tables. Times are UTC with time zone; ``t_s`` columns are on the session's clock."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import JSON, Column, DateTime, MetaData
from sqlmodel import Field, SQLModel

SQLModel.metadata.naming_convention = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
metadata: MetaData = SQLModel.metadata


def new_id() -> str:
    """A new random id."""
    return uuid4().hex


def now() -> datetime:
    """The present time in UTC."""
    return datetime.now(UTC)


class Athlete(SQLModel, table=True):
    """A person, by a pseudonymous id; the name never leaves the database and the API."""

    id: str = Field(default_factory=new_id, primary_key=True, max_length=64)
    name: str = Field(default="", max_length=200)
    created_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))


class Device(SQLModel, table=True):
    """A sensor and where it is worn."""

    id: str = Field(primary_key=True, max_length=64)
    name: str = Field(default="", max_length=200)
    profile: str = Field(max_length=64)
    athlete_id: str | None = Field(default=None, foreign_key="athlete.id", index=True)
    segment: str | None = Field(default=None, max_length=32)


class Session(SQLModel, table=True):
    """One visit of one athlete: from the first packet to the close."""

    id: str = Field(default_factory=new_id, primary_key=True, max_length=64)
    athlete_id: str = Field(foreign_key="athlete.id", index=True)
    exercise: str = Field(max_length=64)
    started_at: datetime = Field(index=True, sa_type=DateTime(timezone=True))
    ended_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    segments: dict[str, str] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    """device_id → segment."""


class ExerciseSet(SQLModel, table=True):
    """One set of a session."""

    __tablename__ = "exercise_set"

    id: str = Field(default_factory=new_id, primary_key=True, max_length=64)
    session_id: str = Field(foreign_key="session.id", index=True)
    index: int
    exercise: str = Field(max_length=64)
    t_start_s: float
    t_end_s: float
    rep_count: int
    quality_reps: int
    summary: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))


class Rep(SQLModel, table=True):
    """One repetition of a closed set."""

    id: str = Field(default_factory=new_id, primary_key=True, max_length=64)
    set_id: str = Field(foreign_key="exercise_set.id", index=True)
    index: int
    t_start_s: float
    t_top_s: float
    t_end_s: float
    full: bool
    confidence: float
    rom_deg: float
    pelvis_residual_peak_deg: float | None = None
    quality: bool
    summary: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))


class RepFinding(SQLModel, table=True):
    """One finding of a repetition."""

    __tablename__ = "finding"

    id: str = Field(default_factory=new_id, primary_key=True, max_length=64)
    rep_id: str = Field(foreign_key="rep.id", index=True)
    kind: str = Field(max_length=64, index=True)
    severity: str = Field(max_length=16)
    t_s: float
    value: float
    limit: float
    unit: str = Field(max_length=16)


class Calibration(SQLModel, table=True):
    """How a sensor sat in a session, from some time on."""

    id: str = Field(default_factory=new_id, primary_key=True, max_length=64)
    session_id: str = Field(foreign_key="session.id", index=True)
    segment: str = Field(max_length=32)
    t_s: float
    quality: float
    alignment: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))


class Recording(SQLModel, table=True):
    """The raw packets of one sensor in a closed session."""

    id: str = Field(default_factory=new_id, primary_key=True, max_length=64)
    session_id: str = Field(foreign_key="session.id", index=True)
    device_id: str = Field(max_length=64)
    path: str = Field(max_length=500)
    sha256: str = Field(max_length=64)
    profile: str = Field(max_length=64)
    profile_version: int
    packets: int


class Outbox(SQLModel, table=True):
    """An event that is to be published; kept until the broker has acknowledged it."""

    id: int | None = Field(default=None, primary_key=True)
    athlete_id: str = Field(max_length=64)
    topic: str = Field(max_length=200)
    body: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    created_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))
    acknowledged_at: datetime | None = Field(
        default=None,
        index=True,
        sa_type=DateTime(timezone=True),
    )
