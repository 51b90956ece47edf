"""Arrays of which a compiled loop is told the addresses: as arguments, each number of them were a type."""

from __future__ import annotations

from typing import Any

from numba import types
from numba.extending import intrinsic


def _pointer_to(kind: Any) -> Any:
    def declare(_: Any, address: Any) -> Any:
        result: Any = types.CPointer(kind)  # type: ignore[no-untyped-call]

        def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            return builder.inttoptr(args[0], context.get_value_type(signature.return_type))

        return result(address), code

    return intrinsic(declare)


floats_at: Any = _pointer_to(types.float64)
"""In a compiled loop: the numbers from an address on; nothing checks how many there are."""
bytes_at: Any = _pointer_to(types.uint8)
