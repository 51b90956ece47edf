"""What keeps the long-running process small and steady; none of it changes what is computed."""

from __future__ import annotations

import ctypes
import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from fusion.pipeline import warm_up


def load_kernels() -> None:
    """Have the compiled kernels ready, without the BLAS that numba would load along with the first one.

    No kernel uses it, and where scipy is installed it takes 13 MB.
    """
    with _hidden("scipy"):
        warm_up()


def settle() -> None:
    """Call when start-up is done: what it made lives for ever, what it needed in passing goes back."""
    gc.collect()
    gc.freeze()
    with suppress(OSError, AttributeError):  # glibc alone has it
        ctypes.CDLL(None).malloc_trim(0)


@contextmanager
def _hidden(package: str) -> Iterator[None]:
    """``import package`` fails within the block, unless it was imported before."""
    if package in sys.modules:
        yield
        return
    sys.modules[package] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules[package]
