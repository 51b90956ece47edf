"""Volume that counts: repetitions and load of good quality, a week at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from fusion.programme.records import DoneSession, DoneSet


@dataclass(frozen=True, slots=True)
class Volume:
    """Work done: sets, repetitions, and load in kg times repetitions where the load was told."""

    sets: int = 0
    reps: int = 0
    quality_reps: int = 0
    load_volume_kg: float = 0.0
    """Load × quality repetitions; sets without a load add nothing and are counted in ``sets_unloaded``."""
    sets_unloaded: int = 0
    tension_s: float = 0.0
    """Time under tension: from start to end of every repetition."""

    def __add__(self, other: Volume) -> Volume:
        return Volume(
            self.sets + other.sets,
            self.reps + other.reps,
            self.quality_reps + other.quality_reps,
            self.load_volume_kg + other.load_volume_kg,
            self.sets_unloaded + other.sets_unloaded,
            self.tension_s + other.tension_s,
        )

    @property
    def quality_share(self) -> float:
        """Share of repetitions with good quality; 0 without any."""
        return self.quality_reps / self.reps if self.reps else 0.0


def volume_of(done: DoneSet) -> Volume:
    """Volume of one set."""
    load = done.inputs.load_kg
    return Volume(
        sets=1,
        reps=len(done.reps),
        quality_reps=done.quality_reps,
        load_volume_kg=(load or 0.0) * done.quality_reps,
        sets_unloaded=int(load is None),
        tension_s=sum(r.t_end_s - r.t_start_s for r in done.reps),
    )


def total(sets: Iterable[DoneSet]) -> Volume:
    """Volume of several sets."""
    return sum(map(volume_of, sets), Volume())


def week_of(day: date) -> date:
    """Monday of the week of ``day``."""
    return day - timedelta(days=day.weekday())


def weekly(sessions: Iterable[DoneSession], exercise: str | None = None) -> dict[date, Volume]:
    """Volume by Monday, of one exercise or all; a week without work between others is zero."""
    weeks: dict[date, Volume] = defaultdict(Volume)
    for session in sessions:
        sets = session.sets if exercise is None else session.of(exercise)
        if sets:
            weeks[week_of(session.day)] += total(sets)
    if not weeks:
        return {}
    first, last = min(weeks), max(weeks)
    count = (last - first).days // 7 + 1
    return {monday: weeks[monday] for monday in (first + timedelta(weeks=k) for k in range(count))}
