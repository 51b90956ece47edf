"""Progressive overload with a gate: form comes before weight.

More load, repetitions or sets are proposed only when at least 80 % of the repetitions of the last two
sessions of the exercise were of good quality (a coaching default).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from fusion.programme.records import DoneSession, in_order
from fusion.programme.volume import Volume, total, weekly

QUALITY_SHARE_MIN = 0.8
SESSIONS_LOOKED_AT = 2


class Advice(StrEnum):
    """What the gate says."""

    MORE = "more"
    HOLD = "hold"
    TOO_EARLY = "too_early"


@dataclass(frozen=True, slots=True)
class Overload:
    """Progress of one exercise and whether the next step is open."""

    exercise: str
    advice: Advice
    reason: str
    quality_share: float
    """Over the last two sessions."""
    week: Volume
    previous_week: Volume
    change_percent: float | None
    """Of the week's quality volume (load × repetitions, or repetitions where no load was told)."""
    best_load_kg: float | None
    """Heaviest load of a set in which at least 80 % of the repetitions were good."""


def overload_of(sessions: Iterable[DoneSession], exercise: str) -> Overload:
    """The gate for one exercise over its sessions."""
    done = [s for s in in_order(sessions) if s.of(exercise)]
    last = total(one for session in done[-SESSIONS_LOOKED_AT:] for one in session.of(exercise))
    weeks = list(weekly(done, exercise).values())
    week = weeks[-1] if weeks else Volume()
    previous = weeks[-2] if len(weeks) > 1 else Volume()
    advice, reason = _gate(len(done), last)
    return Overload(
        exercise=exercise,
        advice=advice,
        reason=reason,
        quality_share=last.quality_share,
        week=week,
        previous_week=previous,
        change_percent=_change_percent(week, previous),
        best_load_kg=_best_load(done, exercise),
    )


def _gate(sessions: int, last: Volume) -> tuple[Advice, str]:
    if sessions < SESSIONS_LOOKED_AT:
        return Advice.TOO_EARLY, f"{sessions} of {SESSIONS_LOOKED_AT} sessions seen"
    share = f"{last.quality_reps} of {last.reps} repetitions good in the last {SESSIONS_LOOKED_AT} sessions"
    if last.quality_share >= QUALITY_SHARE_MIN:
        return Advice.MORE, f"{share}: a little more load, one more repetition or one more set"
    return Advice.HOLD, f"{share}: keep the load until {100 * QUALITY_SHARE_MIN:.0f} % are"


def _change_percent(week: Volume, previous: Volume) -> float | None:
    """Against the week before; by load only where every set of both weeks has one."""
    loaded = not week.sets_unloaded and not previous.sets_unloaded and previous.load_volume_kg > 0.0
    now, before = (
        (week.load_volume_kg, previous.load_volume_kg)
        if loaded
        else (float(week.quality_reps), float(previous.quality_reps))
    )
    return 100.0 * (now / before - 1.0) if before > 0.0 else None


def _best_load(sessions: Iterable[DoneSession], exercise: str) -> float | None:
    good = (
        done.inputs.load_kg
        for session in sessions
        for done in session.of(exercise)
        if done.inputs.load_kg is not None and total([done]).quality_share >= QUALITY_SHARE_MIN
    )
    return max(good, default=None)
