"""Eight sensors' samples into eight lanes and back: eight by eight numbers at a time, turned in registers.

A sensor's samples lie one after the other, a buffer of lanes has one sample of all sensors in a row. Moved
number by number, that costs a third of what the estimator does with them. Addresses are plain numbers here,
as the lanes of one loop belong to arrays of many owners; nothing checks them.
"""

from __future__ import annotations

from typing import Any, Final

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

SIDE: Final = 8
"""Lanes and numbers moved at once."""
_ROW: Final = ir.VectorType(ir.DoubleType(), SIDE)
_WORD: Final = ir.IntType(64)
_declared: Any = cgutils.get_or_insert_function


def _load(builder: Any, address: Any) -> Any:
    row = builder.load(builder.inttoptr(address, _ROW.as_pointer()))
    row.align = 8
    return row


def _store(builder: Any, row: Any, address: Any) -> None:
    builder.store(row, builder.inttoptr(address, _ROW.as_pointer())).align = 8


def _mask(places: list[int]) -> Any:
    return ir.Constant(ir.VectorType(ir.IntType(32), SIDE), places)


def _transposed(builder: Any, rows: list[Any]) -> list[Any]:
    """Swap the off-diagonal halves of ever larger blocks."""
    for step in (1, 2, 4):
        upper = _mask([j + SIDE - step if j & step else j for j in range(SIDE)])
        lower = _mask([j + SIDE if j & step else j + step for j in range(SIDE)])
        for i in (i for i in range(SIDE) if not i & step):
            a, b = rows[i], rows[i + step]
            rows[i] = builder.shuffle_vector(a, b, upper)
            rows[i + step] = builder.shuffle_vector(a, b, lower)
    return rows


def _each(builder: Any, first: Any, stride: Any) -> list[Any]:
    """Eight addresses ``stride`` bytes apart."""
    return [builder.add(first, builder.mul(stride, _WORD(i))) for i in range(SIDE)]


def _listed(builder: Any, addresses: Any, offset: Any) -> list[Any]:
    """Eight addresses that lie in memory, each plus ``offset`` bytes."""
    listed = builder.inttoptr(addresses, _WORD.as_pointer())
    return [builder.add(builder.load(builder.gep(listed, [_WORD(i)])), offset) for i in range(SIDE)]


def _move(builder: Any, sources: list[Any], targets: list[Any]) -> None:
    rows = _transposed(builder, [_load(builder, source) for source in sources])
    for row, target in zip(rows, targets, strict=True):
        _store(builder, row, target)


def _into(_: Any, _addresses: Any, _offset: Any, _to: Any, _stride: Any) -> Any:
    def code(context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        _move(builder, _listed(builder, args[0], args[1]), _each(builder, args[2], args[3]))
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, types.int64, types.int64), code


def _out_of(_: Any, _source: Any, _stride: Any, _addresses: Any, _offset: Any) -> Any:
    def code(context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        _move(builder, _each(builder, args[0], args[1]), _listed(builder, args[2], args[3]))
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, types.int64, types.int64), code


def _fetch(write: int) -> Any:
    def declare(_: Any, _address: Any) -> Any:
        def code(context: Any, builder: Any, _signature: Any, args: Any) -> Any:
            flag = ir.IntType(32)
            pointer = ir.IntType(8).as_pointer()
            kind = ir.FunctionType(ir.VoidType(), (pointer, flag, flag, flag))
            function = _declared(builder.module, kind, "llvm.prefetch.p0")
            builder.call(function, (builder.inttoptr(args[0], pointer), flag(write), flag(3), flag(1)))
            return context.get_dummy_value()

        return types.void(types.int64), code

    return intrinsic(declare)


def _word(_: Any, _address: Any) -> Any:
    def code(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        word = builder.load(builder.inttoptr(args[0], _WORD.as_pointer()))
        word.align = 1
        return word

    return types.int64(types.int64), code


into_lanes: Any = intrinsic(_into)
"""``(addresses, offset, to, stride)``: eight numbers at each of the eight addresses that lie at
``addresses``, plus ``offset`` bytes, become eight lanes of the rows at ``to``, ``stride`` bytes apart."""
out_of_lanes: Any = intrinsic(_out_of)
"""``(source, stride, addresses, offset)``: the way back."""
fetch_to_read: Any = _fetch(0)
"""Have the cache line at an address brought; more streams are read than a processor foresees."""
fetch_to_write: Any = _fetch(1)
word_at: Any = intrinsic(_word)
"""Eight bytes at an address as one number."""
