"""What keeps the long-running process small and steady; none of it changes what is computed."""

from __future__ import annotations

import ctypes
import gc
import mmap
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

_COLLECT_AFTER: Final = 20_000
"""New objects between two looks for cycles; Python's 700 means one every few packets."""
_COMPILER: Final = "libllvmlite"
_MAPS: Final = Path("/proc/self/maps")


def settle() -> None:
    """Call when start-up is done: what it made lives for ever, what it needed in passing goes back."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_COLLECT_AFTER)
    with suppress(OSError, AttributeError):  # glibc and Linux alone have these
        system = ctypes.CDLL(None)
        system.malloc_trim(0)
        _let_go(system, _COMPILER)


def _let_go(system: Any, library: str) -> None:
    """Unmap the machine code of ``library``, 50 MB for a compiler that has done its work.

    Pages of code are as in the file; one that is run after all is read again.
    """
    for line in _MAPS.read_text(encoding="utf-8").splitlines():
        span, rights, *_, file = line.split(maxsplit=5)
        if rights == "r-xp" and library in file:
            begin, end = (int(address, 16) for address in span.split("-"))
            system.madvise(ctypes.c_void_p(begin), ctypes.c_size_t(end - begin), mmap.MADV_DONTNEED)
