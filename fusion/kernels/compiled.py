"""The decorators of the compiled loops, and where their machine code is kept.

The code is kept per user, not beside the source (which may be read-only), in a folder named by a hash of
every source file that goes into it: what is loaded was made from just these files, nothing needs clearing.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import numba
from numba import njit, types
from numba.extending import intrinsic
from platformdirs import user_cache_path

_KEPT: Final = 4
"""Folders of other versions that are left where they are."""


_BESIDE: Final = ("types.py", "units.py")
"""What kernels import from outside their folder."""


def source_hash(folder: Path) -> str:
    """Of all Python files in ``folder``, and those beside it that they import, names included."""
    digest = hashlib.sha256(numba.__version__.encode())
    for path in (*sorted(folder.glob("*.py")), *(folder.parent / name for name in _BESIDE)):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def cache_folder() -> Path | None:
    """Where machine code is kept: below NUMBA_CACHE_DIR or the user's cache; None where nothing can be."""
    config: Any = numba.config
    given = config.CACHE_DIR
    base = Path(given) if given else user_cache_path("ilium")
    folder = base / "kernels" / source_hash(Path(__file__).parent)
    try:
        if not folder.is_dir():
            folder.mkdir(parents=True)
            _drop_old(folder.parent)
        probe = folder / "writable"
        probe.touch()
    except OSError:
        return None
    return folder


def _drop_old(parent: Path) -> None:
    """Keep the newest few versions' code; another process's running code is in its memory."""
    with suppress(OSError):
        folders = sorted((p for p in parent.iterdir() if p.is_dir()), key=lambda p: p.stat().st_mtime)
        for old in folders[: -1 - _KEPT]:
            shutil.rmtree(old, ignore_errors=True)


_FOLDER: Final = cache_folder()


def kernel(function: Callable[..., Any]) -> Any:
    """A loop that Python calls, without the interpreter's lock, kept for the next start.

    No ``fastmath``: every result is what IEEE 754 says, on any machine.
    """
    if _FOLDER is None:
        return njit(nogil=True, error_model="numpy")(function)
    config: Any = numba.config
    before, config.CACHE_DIR = config.CACHE_DIR, str(_FOLDER)
    try:
        return njit(cache=True, nogil=True, error_model="numpy")(function)
    finally:
        config.CACHE_DIR = before


inline: Any = njit(forceinline=True, error_model="numpy")
"""A part of a kernel: becomes part of whatever calls it."""

rare: Any = njit(error_model="numpy")
"""A part that is seldom entered: stays a function of its own."""

looped: Any = njit(inline="always", error_model="numpy")
"""A part with loops: put into its caller before they are compiled, so that their lengths are known."""


def _pointer_to(kind: Any) -> Any:
    def declare(_: Any, address: Any) -> Any:
        result: Any = types.CPointer(kind)  # type: ignore[no-untyped-call]

        def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            return builder.inttoptr(args[0], context.get_value_type(signature.return_type))

        return result(address), code

    return intrinsic(declare)


floats_at: Any = _pointer_to(types.float64)
"""In a kernel: the numbers at an address. Arrays are passed so where their number is not known before."""
bytes_at: Any = _pointer_to(types.uint8)
