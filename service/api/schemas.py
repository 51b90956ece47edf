"""What the API answers; field names are those of ``docs/conventions.md``."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

AthleteId = Annotated[str, Field(pattern="^[A-Za-z0-9_-]{1,64}$")]


class Model(BaseModel):
    """Base of all answers: further facts may be added later."""

    model_config = ConfigDict(extra="allow")


class Health(BaseModel):
    """Whether the service is alive or ready."""

    status: str
    checks: dict[str, str] = {}


class AthletePublic(Model):
    """A person by a pseudonymous id."""

    id: str
    name: str
    created_at: datetime


class SensorPublic(BaseModel):
    """A sensor in range or worn."""

    device_id: str
    name: str
    state: str
    reason: str
    profile: str | None
    battery_percent: int | None
    charging: bool | None
    battery_left_s: float | None
    """Until empty, from the last hours' use; None before enough has been used."""
    rssi_dbm: int | None
    adapter: str
    athlete_id: str | None
    segment: str | None
    rate_hz: float | None
    """Samples a second of the last seconds."""
    loss: float | None
    """Share of the samples of the last seconds that never came."""
    reasons: list[str]
    """What is not as it should be, and what to do."""


class SessionPublic(Model):
    """One visit of one athlete."""

    id: str
    athlete_id: str
    exercise: str
    started_at: datetime
    ended_at: datetime | None
    segments: dict[str, str]


class SessionDetail(SessionPublic):
    """A session with its calibrations and recordings."""

    calibrations: list[dict[str, Any]]
    recordings: list[dict[str, Any]]


class SessionPage(BaseModel):
    """Sessions from newest to oldest; ``next`` is the cursor of the following page."""

    items: list[SessionPublic]
    next: str | None


class SetPublic(Model):
    """One set."""

    id: str
    session_id: str
    index: int
    exercise: str
    t_start_s: float
    t_end_s: float
    rep_count: int
    quality_reps: int


class FindingPublic(Model):
    """One thing seen in a repetition."""

    kind: str
    severity: str
    value: float | None
    limit: float | None
    unit: str


class RepPublic(Model):
    """One repetition."""

    id: str
    set_id: str
    index: int
    t_start_s: float
    t_top_s: float
    t_end_s: float
    full: bool
    confidence: float
    rom_deg: float
    quality: bool
    findings: list[FindingPublic]
