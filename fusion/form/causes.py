"""One cause, one word: a back that arches at the end also spills the cup and leaves the hip short.

Several rules read the same tilt of the pelvis. When the most telling of them has spoken, what the others
see of the same tilt is kept, quietly, so that a coach hears one thing to mend.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from fusion.exercises.rules import Measure, Rule, Signal, Window
from fusion.types import Finding, Severity

_SAME_TILT = frozenset({Signal.PELVIS_RESIDUAL, Signal.SPILL, Signal.HIP_SHARE})
_AT_THE_END = frozenset({Signal.PELVIS_TILT, Signal.HIP_FLEXION})


def quieted(found: Sequence[tuple[Rule, Finding]]) -> list[Finding]:
    """The findings of one repetition; consequences of a loud lumbar finding become information."""
    cause = next((r for r, f in found if _leads(r) and f.severity is not Severity.INFO), None)
    return [f if cause is None or r is cause or not _follows(r) else _told_quietly(f) for r, f in found]


def _leads(rule: Rule) -> bool:
    """Whether the rule says when the lower back took over, not only that it did."""
    late = rule.window is Window.LATE_EXTENSION and rule.measure is Measure.RISE
    return late and rule.signal in {Signal.PELVIS_RESIDUAL, Signal.LUMBAR_EXTENSION}


def _follows(rule: Rule) -> bool:
    at_the_end = rule.window is Window.TOP and rule.signal in _AT_THE_END and rule.measure is not Measure.SD
    return rule.signal in _SAME_TILT or at_the_end


def _told_quietly(finding: Finding) -> Finding:
    return replace(finding, severity=Severity.INFO)
