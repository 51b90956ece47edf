"""The decorators of the compiled loops, and where their machine code is kept.

The code is kept per user, not beside the source (which may be read-only), in a folder named by a hash of
every source file that goes into it: what is loaded was made from just these files, nothing needs clearing.
A mark in the folder says for which interpreter, processor and installation all that a session needs is there.
"""

from __future__ import annotations

import hashlib
import shutil
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import numba
from llvmlite.binding import get_host_cpu_name
from numba import njit
from platformdirs import user_cache_path

_KEPT: Final = 8
"""Folders of other versions that are left where they are, those used last."""
_USED: Final = "used"


_BESIDE: Final = ("types.py", "units.py")
"""What kernels import from outside their folder."""


def source_hash(folder: Path) -> str:
    """Of all Python files in ``folder``, and those beside it that they import, names included."""
    digest = hashlib.sha256(numba.__version__.encode())
    for path in (*sorted(folder.glob("*.py")), *(folder.parent / name for name in _BESIDE)):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def cache_base() -> Path:
    """Below which machine code is kept: NUMBA_CACHE_DIR or the user's cache."""
    config: Any = numba.config
    given = config.CACHE_DIR
    return Path(given) if given else user_cache_path("ilium")


def cache_folder(base: Path) -> Path | None:
    """Where these sources' machine code is kept below ``base``; None where nothing can be."""
    folder = base / "kernels" / source_hash(Path(__file__).parent)
    try:
        if not folder.is_dir():
            folder.mkdir(parents=True)
            _drop_old(folder.parent)
        (folder / _USED).touch()
    except OSError:
        return None
    return folder


def _drop_old(parent: Path) -> None:
    """Keep the code of the few versions used last; another process's running code is in its memory."""
    with suppress(OSError):
        for old in sorted((p for p in parent.iterdir() if p.is_dir()), key=_last_use)[: -1 - _KEPT]:
            shutil.rmtree(old, ignore_errors=True)


def _last_use(folder: Path) -> float:
    used = folder / _USED
    return (used if used.exists() else folder).stat().st_mtime


def is_complete(folder: Path) -> bool:
    """Whether everything that a session needs was compiled before, here and for this processor."""
    return (folder / _mark()).is_file()


def note_complete(folder: Path) -> None:
    """Everything that a session needs has been compiled."""
    with suppress(OSError):
        (folder / _mark()).touch()


def installed_as(folder: Path) -> str:
    """A name for where the sources in ``folder`` are and since when.

    numba keeps code for a file of just this path and time: another copy of the same sources has none yet.
    """
    digest = hashlib.sha256(str(folder.resolve()).encode())
    for path in sorted(folder.glob("*.py")):
        digest.update(f"{path.name} {path.stat().st_mtime_ns}".encode())
    return digest.hexdigest()[:16]


def _mark() -> str:
    here = installed_as(Path(__file__).parent)
    return f"complete-{sys.implementation.cache_tag}-{get_host_cpu_name()}-{here}"


FOLDER: Final = cache_folder(cache_base())
"""Of this process; None where compiled code cannot be kept."""


def kernel(function: Callable[..., Any]) -> Any:
    """A loop that Python calls, without the interpreter's lock, kept for the next start.

    No ``fastmath``: every result is what IEEE 754 says, on any machine.
    """
    if FOLDER is None:
        return njit(nogil=True, error_model="numpy")(function)
    config: Any = numba.config
    before, config.CACHE_DIR = config.CACHE_DIR, str(FOLDER)
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
