"""Which repetition found is which repetition done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

TOLERANCE_S = 0.3


@dataclass(frozen=True, slots=True)
class Matching:
    """Pairs (index done, index found), each used once."""

    pairs: tuple[tuple[int, int], ...]


def match(done_s: Sequence[float], found_s: Sequence[float], tolerance_s: float = TOLERANCE_S) -> Matching:
    """Pair the nearest first, within ``tolerance_s``."""
    near = sorted(
        (abs(a - b), i, j)
        for i, a in enumerate(done_s)
        for j, b in enumerate(found_s)
        if abs(a - b) <= tolerance_s
    )
    taken_done: set[int] = set()
    taken_found: set[int] = set()
    pairs = []
    for _, i, j in near:
        if i not in taken_done and j not in taken_found:
            taken_done.add(i)
            taken_found.add(j)
            pairs.append((i, j))
    return Matching(tuple(sorted(pairs)))


def f1(hits: int, done: int, found: int) -> float:
    """Harmonic mean of precision and recall; 1 when there was nothing and nothing was found."""
    return 2.0 * hits / (done + found) if done + found else 1.0
