"""Looks at whatever a person does: every driving angle of the library is segmented, every excursion compared.

Signals are read in pieces of half a second, counted from the beginning of the stream: what is only named
after seconds need not be looked for at every sample.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf, nan
from typing import Final

import numpy as np

from fusion.exercises import Exercise
from fusion.kernels import turning
from fusion.movement.gate import PostureGate
from fusion.movement.legs import driven_angles, not_seen
from fusion.movement.reps import RepSegmenter
from fusion.movement.track import Driven, Track
from fusion.recognition.templates import SIDE_LYING_DEG, Look, Template, TemplateTable, look_of
from fusion.types import FloatArray, Side, SignalBlock

_NEAR: Final = 45.0
"""Squared distance from a template beyond which an excursion is not examined further."""
_LEAST_SHARE: Final = 0.5
"""Of the exercise's full range: what is less names nothing."""
_LONGEST_PAUSE_S: Final = 6.0
"""Who stays longer at the far end holds, sits or rests."""
_AT_REST_DEG: Final = 30.0
_BACK_DEG: Final = 60.0
"""Who is further than this from where any of a group begins has not come back to it."""
_SMALL_DEG: Final = 15.0
"""Small movements are segmented apart from large ones."""


@dataclass(frozen=True, slots=True, eq=False)
class Sighting:
    """One excursion, and how far it is from each exercise that it may be a repetition of."""

    look: Look
    off: Mapping[str, float]


@dataclass(frozen=True, slots=True, eq=False)
class _Candidate:
    exercise: Exercise
    gate: PostureGate
    driven: Driven


class Scouts:
    """Segments all driving angles of a library: `SignalBlock`s in, `Sighting`s out."""

    def __init__(self, library: Sequence[Exercise], side: Side, rate_hz: float) -> None:
        self._library, self._side, self._rate_hz = library, side, rate_hz
        self._groups: list[list[_Candidate]] = []
        self._tables: list[TemplateTable] = []
        self._rows: list[tuple[int, int, int]] = []
        self._segmenter = RepSegmenter((), rate_hz)
        self._never = np.array([inf, inf])

    def wear(self, signals: SignalBlock) -> None:
        """Let everything be looked for that the worn sensors can show; equal drivers share one segmenter."""
        groups: dict[tuple[object, ...], list[_Candidate]] = {}
        for exercise in self._library:
            if not_seen(exercise, signals.names) is not None:
                continue
            for driven in driven_angles(exercise, self._side, signals.names):
                if driven.by_free_leg:
                    continue
                small = driven.rom_min_deg <= _SMALL_DEG
                key = (driven.signal, driven.sign, driven.side, driven.cutoff_hz > 5.0, small)
                groups.setdefault(key, []).append(_Candidate(exercise, PostureGate(exercise), driven))
        self._groups = list(groups.values())
        self._tables = [TemplateTable([Template(c.exercise) for c in group]) for group in self._groups]
        self._segmenter = RepSegmenter([_common(group) for group in self._groups], self._rate_hz)
        self._rows = [_rows(group[0].driven.side, signals.names) for group in self._groups]

    def signals_from(self, t_s: float) -> SignalBlock:
        """Signals from ``t_s`` to the last sample read, as far as they are kept."""
        return self._segmenter.signals_from(t_s)

    def read(self, signals: SignalBlock) -> Iterator[Sighting]:
        """Take the next samples; excursions that came to their end in them."""
        if not self._groups:
            return
        self._segmenter.load(signals)
        while (event := self._segmenter.next_event(self._never)) != turning.NOTHING:
            if event == turning.TURN:
                continue
            settles = event == turning.SETTLE
            which = self._segmenter.which
            posture_deg = self._posture(signals, which, self._segmenter.position)
            if not self._tables[which].may_rest_at(posture_deg, _AT_REST_DEG if settles else _BACK_DEG):
                continue
            _, track = self._segmenter.track()
            if settles:
                self._settled(self._groups[which], track)
            elif (seen := self._returned(which, track)) is not None:
                yield seen

    def _posture(self, signals: SignalBlock, which: int, at: int) -> FloatArray:
        """P, T and |ML| (3,) at a sample; P and T are not known of who lies on a side."""
        lean = abs(float(signals.values[self._rows[which][2], at]))
        lies = lean > SIDE_LYING_DEG
        tilt, pitch = (nan if lies else float(signals.values[row, at]) for row in self._rows[which][:2])
        return np.array([tilt, pitch, lean])

    def _settled(self, group: list[_Candidate], track: Track) -> None:
        if any(c.gate.settles(track) for c in group):
            self._segmenter.start_here()

    def _returned(self, which: int, track: Track) -> Sighting | None:
        if track.t_s[track.leave] - track.t_s[track.reach] > _LONGEST_PAUSE_S:
            return None
        group = self._groups[which]
        mine = replace(track, side=group[0].driven.side)
        look = look_of(mine)
        distances = self._tables[which].distances(look).tolist()
        off = {
            one.exercise.id: distance
            for one, distance in zip(group, distances, strict=True)
            if distance < _NEAR and _admitted(one, mine)
        }
        return Sighting(look, off)


def _rows(side: Side, names: Sequence[str]) -> tuple[int, int, int]:
    return (
        names.index("pelvis_tilt_deg"),
        names.index(f"thigh_pitch_{side.value}_deg"),
        names.index("pelvis_list_deg"),
    )


def _admitted(one: _Candidate, track: Track) -> bool:
    count = one.exercise.count
    if count is None or track.rom_deg < _LEAST_SHARE * count.rom_full_deg:
        return False
    return one.gate.admits(track) and one.gate.returns(track)


def _common(group: Sequence[_Candidate]) -> Driven:
    """The angle that serves all of a group: its least range, its quickest movement."""
    least = min((c.driven for c in group), key=lambda d: d.rom_min_deg)
    return replace(least, cutoff_hz=max(c.driven.cutoff_hz for c in group))
