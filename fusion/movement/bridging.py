"""Angles across silence: what the other sensor still shows, and the turning points that both ends imply.

A sensor that has stopped for a while leaves its angles unknown. While the other one moves in the exercise, it
tells how far the repetition has gone. Where neither shows it, the samples wait until there are some again;
the angles then go on from the last to the first along the person's usual repetition, through as many turning
points as fit its phases and the time best. Filled angles keep their infinite uncertainty, by which every
later stage knows them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from functools import reduce
from math import nan

import numpy as np

from fusion.exercises import Exercise
from fusion.exercises.model import Kind
from fusion.history import part_of
from fusion.movement.brief_silence import SLOPE_SAMPLES, across_brief, longest_brief_s
from fusion.movement.joining import Joining
from fusion.movement.other_sensor import by_other_sensor
from fusion.movement.silent_rows import SilentRows, filled
from fusion.movement.track import Driven, Track
from fusion.movement.travel import gone_deg, travel_misfit
from fusion.movement.usual_learner import UsualLearner
from fusion.movement.usual_repetition import (
    Through,
    UsualRepetition,
    model_repetition,
    phases_through,
)
from fusion.types import BoolArray, FloatArray, SignalBlock

_LONGEST_S = 12.0
"""Of a longer silence nothing is implied."""
_AROUND_S = 0.13
"""Rates before and after a silence are read over this time."""
_SURE_KEPT = 5
_SURE_MISFIT, _SURE_STRIDES, _CLEARER = 0.12, 0.2, 2.0
"""How near the usual time comes to that of a silence in which it is sure what was done, and how much nearer
than with one repetition more or less. Strides follow each other without a rest: their number is clearer."""
_SURE_MISFIT_BY_WAY, _CLEARER_BY_WAY, _SAME_WAY = 0.25, 1.6, 0.4
"""The same where a sensor that was heard has gone as far as in the usual repetitions of that time."""
_HEARD_SHARE, _MOSTLY_SHARE, _TELLING_DEG = 0.35, 0.7, 8.0
"""A sensor that was heard for this share of a silence, and goes so far in a repetition, tells of it; less
surely if it was not heard for most of it."""
_STOPPED_SHARE = 0.5
"""Of the usual way; who has gone less has stopped."""


class SilenceBridge:
    """Signals in, the same out with angles filled where a sensor of the pelvis or of one thigh was silent.

    Equal for any splitting of the input, as long as each piece is used before the next is asked for.
    ``known`` is the person's usual repetition from an earlier look at the same recording.
    """

    def __init__(
        self,
        exercise: Exercise,
        driven: Driven,
        names: tuple[str, ...],
        rate_hz: float,
        known: UsualRepetition | None = None,
    ) -> None:
        self._driven, self._names, self._rate_hz = driven, names, rate_hz
        side = driven.read_from.value
        self._rows = SilentRows.of(names, side)
        self._joining = Joining(self._rows.filled)
        self._brief = int(longest_brief_s(exercise) * rate_hz)
        known = known or model_repetition(exercise, names, side)
        self._learner = UsualLearner(known, driven, self._rows, rate_hz)
        self._held = known
        """As known when the present silence began."""
        self._waiting: SignalBlock | None = None
        self._around = round(_AROUND_S * rate_hz) + 1
        self._recent: deque[SignalBlock] = deque()
        """The last blocks given out, at least as many samples as are looked at before a silence."""
        self._recent_count = 0
        self._gave_up = self._was_silent = False
        self._cyclic = exercise.kind is Kind.STEP
        self._sure_s: deque[tuple[float, float]] = deque(maxlen=_SURE_KEPT)
        """Silences in which it is sure how many repetitions were done."""
        self.implied_s: list[tuple[float, float]] = []
        """Silences gone across since they were last taken from here."""
        self.guessed = False
        """Whether a silence was gone across before the person's own repetition was known."""

    def pieces(self, signals: SignalBlock) -> Iterator[SignalBlock]:
        """The next samples, those that had to wait included, as far as they can be known by now."""
        if not self._cyclic:  # strides are told by range and time, which the gyroscope knows at once
            signals = self._rows.without_blur(signals)
        block = signals if self._waiting is None else _joined(self._waiting, signals)
        self._waiting = None
        while count := len(block.t_s):
            silent = self._rows.silent(block)
            begins = silent is not None and bool(silent[0])
            part: SignalBlock | None
            if silent is None:
                part = self._heard(block)
            elif begins:
                part = self._across(block, silent)
            else:
                part = self._heard(part_of(block, 0, int(np.argmax(silent))))
            if part is None:
                self._waiting = block
                return
            yield part
            lasts = silent is not None and begins and not self._is_brief(silent)
            taken = len(part.t_s)
            self._remember(part, taken, silent=lasts)
            if taken == count:
                return
            block = part_of(block, taken, count)

    @property
    def _before(self) -> SignalBlock | None:
        """The last samples given out."""
        if not self._recent:
            return None
        tail = reduce(_joined, self._recent)
        return part_of(tail, max(0, len(tail) - self._around), len(tail))

    def is_sure(self, from_s: float, to_s: float) -> bool:
        """Whether a silence in this time left no doubt of how many repetitions were done in it."""
        return any(a < to_s and from_s < b for a, b in self._sure_s)

    def rest(self) -> SignalBlock | None:
        """At the end of the input: what still waits, unknown."""
        waiting, self._waiting = self._waiting, None
        return waiting

    @property
    def usual(self) -> UsualRepetition | None:
        """The person's usual repetition; None while that is not known."""
        return self._learner.usual if self._learner.sure else None

    def learn(self, track: Track) -> None:
        """Take a repetition that counted for a usual one."""
        self._learner.learn(track)

    def _remember(self, part: SignalBlock, count: int, *, silent: bool) -> None:
        self._recent.append(part)
        self._recent_count += count
        while (more := self._recent_count - len(self._recent[0].t_s)) >= self._around:
            self._recent.popleft()
            self._recent_count = more
        self._was_silent = silent
        if not silent:
            self._held, self._gave_up = self._learner.usual, False

    def _heard(self, part: SignalBlock) -> SignalBlock:
        """Samples of which some may be known again."""
        if self._was_silent and (before := self._before) is not None:
            self._joining.begin(before, part)
        return self._joining(part)

    # --- one stretch of silence

    def _is_brief(self, silent: BoolArray) -> bool:
        """Whether the silence with which a block begins has just begun and may soon be over."""
        return self._before is not None and not self._was_silent and _length(silent) <= self._brief

    def _across_brief(self, block: SignalBlock, silent: BoolArray) -> SignalBlock | None:
        assert self._before is not None  # noqa: S101 - `_is_brief` has asked
        run = _length(silent)
        after = silent[run : run + SLOPE_SAMPLES]
        if len(after) < SLOPE_SAMPLES and not after.any():
            return None
        heard = run + _length(~after)
        return across_brief(self._before, part_of(block, 0, heard), run, self._rows.filled)

    def _across(self, block: SignalBlock, silent: BoolArray) -> SignalBlock | None:
        """The first samples of ``block``, which begins in silence; None while they have to wait."""
        if self._is_brief(silent):
            return self._across_brief(block, silent)
        usual = self._held
        if usual is None or not self._recent:
            return part_of(block, 0, _length(silent))
        counted = self._driven.signal
        self.guessed |= not self._learner.sure
        seen, shown = by_other_sensor(
            self._heard(block), self._rows, usual, counted=counted, before=self._before
        )
        known = shown | ~silent
        if shown[0]:
            self._gave_up = False
            return part_of(seen, 0, self._rows.while_same(block, _length(shown)))
        run = _length(~known)
        if self._gave_up or run > _LONGEST_S * self._rate_hz:
            self._gave_up = True
            return part_of(block, 0, run)
        after = known[run:]
        if len(after) < self._around and after.all():
            return None
        stop = run + min(self._around, _length(after))
        return self._through(part_of(seen, 0, stop), run, usual)

    def _through(self, block: SignalBlock, run: int, usual: UsualRepetition) -> SignalBlock:
        """The first ``run`` samples along the usual repetition, from those before to those that follow."""
        before = self._before
        assert before is not None  # noqa: S101 - `_across` has asked
        ends = [self._end(before, usual, -1), self._end(part_of(block, run, len(block)), usual, 0)]
        if not np.isfinite(ends).all():
            return part_of(block, 0, run)
        travelled = self._travelled(part_of(block, 0, run), usual)
        walks = self._cyclic and not any(usual.cycle.stops(*end) for end in ends)
        by_way = nan if walks else travelled[0]
        way = phases_through(ends, (run + 1) / self._rate_hz, usual.cycle, by_way)
        moves = walks or all(first == last for first, last in (usual.cycle.place(*end) for end in ends))
        if self._is_sure(way, usual, travelled, moves=moves):
            self._sure_s.append((float(block.t_s[0]), float(block.t_s[run])))
        steps = np.arange(run + 2) / (run + 1)
        share = usual.cycle.share(way.from_s + steps * (way.to_s - way.from_s))
        values = block.values.copy()
        for row in self._rows.filled:
            low, high = usual.levels[row]
            path = low + share * (high - low)
            off = [before.values[row, -1] - path[0], block.values[row, run] - path[-1]]
            guess = (path + off[0] + steps * (off[1] - off[0]))[1:-1]
            values[row, :run] = np.where(np.isfinite(values[row, :run]), values[row, :run], guess)
        self.implied_s.append((float(block.t_s[0]), float(block.t_s[run])))
        implied = filled(block, values)
        implied.sd[:, :run] = np.inf  # what one sensor still gave does not show the repetition
        return part_of(implied, 0, run)

    def _end(self, around: SignalBlock, usual: UsualRepetition, at: int) -> tuple[float, float]:
        """Share of the range at one end of a silence, and its speed, 1/s."""
        effort = self._effort(around)
        ends = self._effort(
            SignalBlock(np.zeros(2), self._rate_hz, self._names, usual.levels, np.zeros_like(usual.levels))
        )
        share = (effort - ends[0]) / (ends[1] - ends[0])
        speed = (share[-1] - share[0]) / max(around.t_s[-1] - around.t_s[0], 1.0 / self._rate_hz)
        return float(share[at]), float(speed)

    def _effort(self, block: SignalBlock) -> FloatArray:
        return self._driven.effort_deg(block)

    def _travelled(self, silence: SignalBlock, usual: UsualRepetition) -> tuple[float, float]:
        """How many repetitions the way of the sensor that was heard longer amounts to, and for what share.

        NaN where neither tells.
        """
        found = [(0.0, nan)]
        for rows, usual_deg in zip(
            (self._rows.of_pelvis, self._rows.of_thigh), usual.travel_deg, strict=True
        ):
            way_deg, share = gone_deg(silence, rows)
            if share >= _HEARD_SHARE and usual_deg >= _TELLING_DEG:
                found.append((share, way_deg / share / usual_deg))
        share, travelled = max(found)
        return travelled, share

    def _is_sure(
        self, way: Through, usual: UsualRepetition, travelled: tuple[float, float], *, moves: bool
    ) -> bool:
        """Whether one went on as usual through a silence, in motion at both of its ends or not.

        In motion the time alone tells, unless a sensor that was heard says that one stopped; else it must
        say that one went on.
        """
        if not self._learner.sure:
            return False
        most = _SURE_STRIDES if self._cyclic and moves else _SURE_MISFIT
        by_time = way.misfit < most and way.second > _CLEARER * way.misfit
        repetitions, share = travelled
        done = (way.to_s - way.from_s) / usual.cycle.period_s
        mostly = share >= _MOSTLY_SHARE
        if not np.isfinite(repetitions) or (self._cyclic and moves):
            return moves and by_time and not (mostly and repetitions < _STOPPED_SHARE * done)
        by_way = way.misfit < _SURE_MISFIT_BY_WAY and way.second > _CLEARER_BY_WAY * way.misfit
        return travel_misfit(repetitions, done) < _SAME_WAY and (by_way if mostly else by_time)


def _length(of: BoolArray) -> int:
    """How many samples there are before the first that is false."""
    return len(of) if of.all() else int(np.argmin(of))


def _joined(a: SignalBlock, b: SignalBlock) -> SignalBlock:
    return SignalBlock(
        np.concatenate((a.t_s, b.t_s)),
        a.rate_hz,
        a.names,
        np.concatenate((a.values, b.values), axis=1),
        np.concatenate((a.sd, b.sd), axis=1),
    )
