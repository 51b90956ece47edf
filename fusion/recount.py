"""What is not closed yet counted anew, when it turns out that the sensors sit quite otherwise than thought.

A set that begins before anyone has stood still is counted by what its motion says of the sensors. The stand
after it may show that its rest was taken for its far end, or front for back. Sets that are closed stay as
they were told; of the open one everything is taken back and what is counted now is told at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from fusion.alignment.frames import FRAME_S
from fusion.common_heading import CommonHeading
from fusion.history import samples_of
from fusion.kinematics import Kinematics
from fusion.movement.analyzer import MovementAnalyzer
from fusion.movement.holds import HoldAnalyzer
from fusion.types import AlignedBlock, Event, RepEvent, RepEventKind, Segment, SegmentAlignment, SetEvent

Plan = Sequence[tuple[float, Mapping[Segment, SegmentAlignment]]]


@dataclass(slots=True)
class Recount:
    """The stages as they would be, had the alignments been known from the beginning; and what to say."""

    kinematics: Kinematics
    headings: CommonHeading
    movement: MovementAnalyzer | HoldAnalyzer
    events: list[Event]


def count_anew(
    before: MovementAnalyzer | HoldAnalyzer,
    fresh: MovementAnalyzer | HoldAnalyzer,
    frames: Sequence[AlignedBlock],
    plan: Plan,
    now_s: float,
) -> Recount:
    """Read ``frames`` again by the alignments of ``plan`` (see `CalibrationLadder.plan`).

    ``fresh`` counts what comes after the last set that ``before`` has closed; what would have been told on
    the way, and is too late to be of use, is left out.
    """
    kinematics = Kinematics(plan[0][1])
    headings = CommonHeading(plan[0][1].keys(), FRAME_S)
    headings.align(plan[0][1])
    later = list(plan[1:])
    since_s = before.last_closed_s
    fresh.take_over(before)
    opened = before.set_opened
    events = before.take_back(now_s)
    for frame in frames:
        while later and later[0][0] <= frame.t_s[0]:
            kinematics.align(later[0][1])
            headings.align(later.pop(0)[1])
        signals = kinematics.update(headings.update(frame))
        if since_s > -np.inf:
            signals = samples_of(signals, signals.t_s > since_s)
        if len(signals):
            events += [e for e in fresh.update(signals) if _still_tells(e)]
    told = [replace(e, t_s=now_s) if isinstance(e, RepEvent | SetEvent) else e for e in events]
    if opened:
        again = next((e for e in told if isinstance(e, SetEvent) and not e.closed), None)
        told = [e for e in told if e is not again]
    return Recount(kinematics, headings, fresh, told)


def _still_tells(event: Event) -> bool:
    if isinstance(event, RepEvent):
        return event.kind is not RepEventKind.PROVISIONAL
    return isinstance(event, SetEvent)
