"""What a screen is, says and gives: steps that guide a person, and a result with its uncertainty.

No result is a diagnosis: each says what is usual, and what it does not mean.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from fusion.errors import InputError
from fusion.screens.steps import Collected, Step
from fusion.types import Segment, Validity


class ScreenEventKind(StrEnum):
    """What a guide tells the person, or the coach."""

    INSTRUCTION = "instruction"
    PROGRESS = "progress"
    RESULT = "result"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class ScreenValue:
    """One number of a result: its one-sigma uncertainty in the same unit."""

    name: str
    value: float
    sd: float
    unit: str
    usual: str = ""
    """What is usual, in words; a coaching default."""


@dataclass(frozen=True, slots=True)
class ScreenResult:
    """What a screen found."""

    screen: str
    values: tuple[ScreenValue, ...]
    remarks: tuple[str, ...]
    """What stands out, in plain words; empty when nothing does."""
    not_meant: str
    """What the result does not mean."""
    questions: tuple[str, ...] = ()
    """What only the person can answer."""
    validity: Validity = Validity.MEASURED


@dataclass(frozen=True, slots=True)
class ScreenEvent:
    """One word of the guide."""

    kind: ScreenEventKind
    t_s: float
    step: str
    message: str
    progress: float = 0.0
    """Of the step, 0 to 1."""
    result: ScreenResult | None = None


Evaluate = Callable[[Mapping[str, Collected]], ScreenResult]


@dataclass(frozen=True, slots=True)
class Screen:
    """A screen: what it needs, its steps in order, and how the result is made of what they collected."""

    id: str
    name: str
    needs: frozenset[Segment]
    steps: Callable[[float], Sequence[Step]]
    """Fresh steps for a grid of this rate, Hz."""
    evaluate: Evaluate
    exercise: str
    """The exercise of the library that tells the alignment how the body will move."""
    either_thigh: bool = False
    """Whether one thigh sensor on either side will do."""
    sources: tuple[str, ...] = field(default=("recalled",))

    def missing(self, worn: frozenset[Segment]) -> tuple[Segment, ...]:
        """Sensors that it would take and that are not worn."""
        missing = self.needs - worn
        if self.either_thigh and not worn & _THIGHS:
            missing |= {Segment.THIGH_RIGHT}
        return tuple(sorted(missing))

    def require(self, worn: frozenset[Segment]) -> None:
        """Raise `InputError` that names a sensor which it needs and nobody wears."""
        missing = self.missing(worn)
        if missing:
            names = " and the ".join(s.value.replace("_", " ") for s in missing)
            raise InputError(f"{self.name}: wear a sensor on the {names} too")


_THIGHS = frozenset({Segment.THIGH_LEFT, Segment.THIGH_RIGHT})
