"""The compiled loops of the core: made once per version in a process of their own, then only loaded.

Compiling takes 300 MB that the compiler never gives back; a gateway that runs for days must not carry them.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import structlog

from fusion.kernels.compiled import FOLDER, cache_base, is_complete, note_complete
from fusion.rehearsal import rehearse, rehearse_all

log = structlog.get_logger()

_COMPILE: Final = (sys.executable, "-m", "service.compiling")


async def ready_kernels(folder: Path | None = FOLDER, command: Sequence[str] = _COMPILE) -> None:
    """Have the compiled loops loaded; where there are none yet, ``command`` compiles them into ``folder``.

    Without a folder, or when the command fails, they are compiled here: everything works, and takes more.
    """
    if folder is None:
        log.warning(
            "compiled code cannot be kept, so every start takes a minute and 300 MB more;"
            " make the folder writable or set NUMBA_CACHE_DIR",
            folder=str(cache_base()),
        )
    elif not is_complete(folder):
        log.warning("compiling for this version and processor, once; this takes about a minute")
        await _compile(command)
    await asyncio.to_thread(load)


async def _compile(command: Sequence[str]) -> None:
    pipe, nothing = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(*command, stdin=nothing, stdout=nothing, stderr=pipe)
    try:
        _, said = await process.communicate()
    except BaseException:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        raise
    if process.returncode:
        reason = said.decode(errors="replace").strip().splitlines()[-1:]
        log.warning("compiling apart failed; it is done here", reason="".join(reason))


def load() -> None:
    """Load what a session of the usual kind needs, without the BLAS that numba would load along.

    No kernel uses it, and where scipy is installed it takes 13 MB.
    """
    with _hidden("scipy"):
        rehearse()


def main() -> None:
    """What `ready_kernels` has done by another process: compile everything that any session needs."""
    with _hidden("scipy"):
        rehearse_all()
    if FOLDER is not None:
        note_complete(FOLDER)


@contextlib.contextmanager
def _hidden(package: str) -> Iterator[None]:
    """Nothing of ``package`` can be imported within the block that was not imported before."""
    present = sys.modules.get(package)
    sys.modules[package] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules[package]
        if present is not None:
            sys.modules[package] = present


if __name__ == "__main__":
    main()
