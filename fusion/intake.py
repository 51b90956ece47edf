"""From samples of several sensors to oriented rows on one grid: the part that knows nothing of the person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

from fusion.input_gate import InputGate
from fusion.resample import GridAligner
from fusion.types import AlignedBlock, Event, ImuBlock, OrientedBlock, Segment, WarningEvent


class OrientationSource(Protocol):
    """Where one sensor's orientation comes from: estimated live, or smoothed beforehand."""

    def update(self, block: ImuBlock) -> OrientedBlock:
        """Orientation at every sample of ``block``, which follows the one before in time."""


class Intake:
    """Checks samples, orients each sensor, and puts all of them onto one grid."""

    def __init__(
        self,
        segments: Mapping[str, Segment],
        orientations: Mapping[str, OrientationSource],
        rate_hz: float,
        max_wait_s: float,
    ) -> None:
        self._segments = segments
        self._orientations = orientations
        self._gates = {d: InputGate(f"the {s.value} sensor") for d, s in segments.items()}
        self._grid = GridAligner(segments.values(), rate_hz, max_wait_s)

    def update(self, blocks: Iterable[ImuBlock], events: list[Event]) -> AlignedBlock | None:
        """Take new samples of any of the sensors; what there is to complain of is added to ``events``."""
        for block in blocks:
            segment = self._segments.get(block.device_id)
            if segment is not None and len(block):
                self._take(segment, block, events)
        return self._told(self._grid.pull(), events)

    def flush(self, events: list[Event]) -> AlignedBlock | None:
        """Everything that still waits for a sensor."""
        return self._told(self._grid.flush(), events)

    def _take(self, segment: Segment, block: ImuBlock, events: list[Event]) -> None:
        gate = self._gates[block.device_id]
        usable = gate.update(block)
        events += [WarningEvent(c.t_s, c.code, c.message, segment) for c in gate.complaints]
        gate.complaints.clear()
        if len(usable):
            self._grid.push(segment, self._orientations[block.device_id].update(usable))

    def _told(self, aligned: AlignedBlock | None, events: list[Event]) -> AlignedBlock | None:
        events.extend(self._grid.warnings)
        self._grid.warnings.clear()
        return aligned
