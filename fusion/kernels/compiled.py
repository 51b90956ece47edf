"""The two decorators of the compiled loops."""

from __future__ import annotations

from typing import Any

from numba import njit

inline: Any = njit(forceinline=True, error_model="numpy")
"""A part of a kernel: becomes part of whatever calls it."""

rare: Any = njit(error_model="numpy")
"""A part that is seldom entered: stays a function of its own."""

looped: Any = njit(inline="always", error_model="numpy")
"""The same with loops: put into its caller before they are compiled, so that their lengths are known."""

kernel: Any = njit(cache=True, nogil=True, error_model="numpy")
"""A loop that Python calls. No ``fastmath``: every result is what IEEE 754 says, on any machine."""
