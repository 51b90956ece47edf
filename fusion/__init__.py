"""Numbers in, numbers out: orientation, alignment, hip angles, reps and form.

Pure and synchronous. Time arrives as data; nothing here reads a clock, opens a socket or starts a thread.
What is listed here is loaded when it is first asked for: the compiled kernels take a moment.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fusion.estimate import estimate_orientation
    from fusion.relative_heading import estimate_relative_orientation

__all__ = ["estimate_orientation", "estimate_relative_orientation"]


def __getattr__(name: str) -> Any:
    if name == "estimate_orientation":
        from fusion import estimate  # noqa: PLC0415 - see above

        return estimate.estimate_orientation
    if name == "estimate_relative_orientation":
        from fusion import relative_heading  # noqa: PLC0415

        return relative_heading.estimate_relative_orientation
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
