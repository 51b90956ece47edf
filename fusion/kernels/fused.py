"""The fused multiply-add: twice the arithmetic of an instruction, and the same bits wherever it stands.

Left to choose where it contracts, a compiler chooses differently in every loop. Said outright, a result
depends neither on the loop nor on the width of its vectors.
"""

from __future__ import annotations

from typing import Any

from numba import types
from numba.extending import intrinsic


def _fma(_: Any, _x: Any, _y: Any, _z: Any) -> Any:
    double: Any = types.float64

    def code(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        return builder.fma(*args)

    return double(double, double, double), code


fma: Any = intrinsic(_fma)
"""In a compiled loop: ``x·y + z``, rounded once (IEEE 754-2008, 5.4.1)."""
