"""The way in which a set is done: tempo, pauses, partial repetitions, odd ones, which leg."""

from __future__ import annotations

import msgspec

from simulator.errors import SimulationError

_ALLOWED = {
    "tempo": (0.1, 10.0),
    "phase_s": (0.15, 30.0),
    "hold_s": (0.0, 600.0),
    "pause_s": (0.0, 30.0),
    "bounce": (0.0, 0.5),
}


class Manner(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a set is done; the default is as the exercise's file says."""

    tempo: float = 1.0
    """All durations times this: 2 is half as fast."""
    phase_s: float | None = None
    """Duration of the lifting and of the lowering phase, whatever the exercise says."""
    pause_s: float = 0.0
    """Stop in the middle of each way up."""
    touch_and_go: bool = False
    """No stop at either end."""
    bounce: float = 0.0
    """Share of the range by which the bottom bounces back once."""
    shares: tuple[float, ...] = ()
    """Share of the range of each repetition, repeated when there are more repetitions."""
    odd: str = ""
    """``first`` or ``last``: a movement that is not a repetition comes before or after them."""
    set_up: bool = False
    """Getting into position moves the hips about: the bar is taken and put down."""
    alternate: bool = False
    """The legs take turns."""
    hold_s: float | None = None
    """How long a hold lasts, whatever the exercise says."""
    start_mid: bool = False
    """The recording begins in the middle of a repetition; nobody stands still before it."""

    def check(self) -> None:
        """Raise `SimulationError` for a value out of its range, naming it."""
        for name, (low, high) in _ALLOWED.items():
            value = getattr(self, name)
            if value is not None and not low <= value <= high:
                raise SimulationError(f"{name} {value:g}: allowed are {low:g} to {high:g}")
        if any(not 0.05 <= share <= 1.3 for share in self.shares):
            raise SimulationError(f"shares {self.shares}: each is allowed from 0.05 to 1.3")
        if self.odd not in {"", "first", "last"}:
            raise SimulationError(f"odd {self.odd!r}: must be 'first', 'last' or empty")

    def share(self, index: int) -> float:
        """Share of the range of a repetition."""
        return self.shares[index % len(self.shares)] if self.shares else 1.0
