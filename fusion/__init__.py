"""Numbers in, numbers out: orientation, alignment, hip angles, reps and form.

Pure and synchronous. Time arrives as data; nothing here reads a clock, opens a socket or starts a thread.
`estimate_orientation` is loaded when it is first asked for: the compiled kernels take a moment.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fusion.orientation import estimate_orientation

__all__ = ["estimate_orientation"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        from fusion import orientation  # noqa: PLC0415 - see above

        return getattr(orientation, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
