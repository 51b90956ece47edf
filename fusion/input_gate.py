"""What can be used of one live sensor's samples, and a word about what cannot.

A stream is not refused for a bad sample: it goes on without it, and says so once.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from fusion.input_checks import check_shapes, foreign_force, rows_of
from fusion.kernels import screen
from fusion.types import FloatArray, ImuBlock

_QUIET_S = 10.0
"""A fault that stayed away for this long is said again."""
_UNIT_SAMPLES = 64
_LIVE_MESSAGES = {
    screen.NOT_FINITE: ("not_finite", "values that are not numbers; such samples are left out"),
    screen.NOT_LATER: ("time_runs_back", "times that run back or come twice; such samples are left out"),
    screen.ALL_ZERO: ("all_zero", "an acceleration of exactly zero, left out; is its accelerometer on?"),
    screen.HELD: ("held", "the same values again and again while it turns; repeats are left out"),
    screen.TOO_FAST: ("too_fast", "rates no sensor measures, left out; are they in °/s instead of rad/s?"),
}


@dataclass(frozen=True, slots=True)
class Complaint:
    """Something wrong with a live stream: since when, a stable code, and one clear line."""

    t_s: float
    code: str
    message: str


@dataclass(slots=True, eq=False)
class InputGate:
    """Lets through what can be used of one live sensor, and remembers what was left out and why.

    Equal for any splitting of the input.
    """

    name: str
    left_out: dict[str, int] = field(default_factory=dict)
    """Code → how many samples."""
    _state: FloatArray = field(default_factory=lambda: np.zeros(screen.STATE_SIZE))
    _said_s: dict[int, float] = field(default_factory=dict)
    _force_sum: float = 0.0
    _force_count: int = 0
    _refused: bool = False
    complaints: list[Complaint] = field(default_factory=list)

    def update(self, block: ImuBlock) -> ImuBlock:
        """The usable samples of ``block``, saturation marked; what is wrong goes to ``complaints``."""
        check_shapes(block)
        verdicts, quality = np.empty(len(block), np.uint8), block.quality.copy()
        t_s, acc, gyr = (np.ascontiguousarray(a, float) for a in (block.t_s, block.acc_ms2, block.gyr_rads))
        last_s = float(self._state[screen.TIME])
        if screen.screen(self._state, t_s, acc, gyr, quality, verdicts):
            block, quality = self._without(block, verdicts, last_s), quality[verdicts == screen.OK]
        block = replace(block, quality=quality)
        return (
            block if self._force_count >= _UNIT_SAMPLES and not self._refused else self._look_at_units(block)
        )

    def _without(self, block: ImuBlock, verdicts: np.ndarray, last_s: float) -> ImuBlock:
        for k, verdict in enumerate(verdicts.tolist()):
            if verdict in {screen.OK, screen.NOT_FINITE, screen.NOT_LATER}:
                now_s = last_s = float(block.t_s[k]) if verdict == screen.OK else last_s
            else:
                now_s = float(block.t_s[k])
            if verdict != screen.OK:
                self._leave_out(verdict, now_s)
        return rows_of(block, verdicts == screen.OK)

    def _leave_out(self, verdict: int, now_s: float) -> None:
        code, message = _LIVE_MESSAGES[verdict]
        self.left_out[code] = self.left_out.get(code, 0) + 1
        said_s = self._said_s.get(verdict, -np.inf)
        if now_s - said_s > _QUIET_S:
            self.complaints.append(Complaint(now_s, code, f"{self.name} sends {message}"))
        self._said_s[verdict] = now_s

    def _look_at_units(self, block: ImuBlock) -> ImuBlock:
        """Judge the size of the force once; a stream in foreign units gives no samples at all."""
        if self._refused or not len(block):
            return rows_of(block, np.zeros(len(block), bool)) if self._refused else block
        take = min(len(block), _UNIT_SAMPLES - self._force_count)
        # One after the other, so that the sum does not depend on how the stream was cut.
        for size in np.linalg.norm(block.acc_ms2[:take], axis=1).tolist():
            self._force_sum += size
        self._force_count += take
        if self._force_count < _UNIT_SAMPLES:
            return block
        wrong = foreign_force(self._force_sum / _UNIT_SAMPLES)
        if wrong is None:
            return block
        now_s = float(block.t_s[take - 1])
        self._refused = True
        self.complaints.append(Complaint(now_s, "foreign_units", f"{self.name}: {wrong}; it gives no angles"))
        keep = np.arange(len(block)) < take
        return rows_of(block, keep)
