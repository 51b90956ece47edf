"""A process of its own that rehearses, then runs sessions, and prints which loops were compiled for them."""

from __future__ import annotations

import gc
import sys
from pathlib import Path

import structlog
from numba.core.registry import CPUDispatcher

from fusion.rehearsal import rehearse_all
from service.bus import Bus
from service.gateway import Gateway
from service.settings import load_settings
from service.storage.engine import open_engine, upgrade
from service.storage.repository import Repository
from tests.service.doubles import TurnedClock
from tests.service.recorded import START_S, deliver, packets_of, worn

_EXERCISES = ("hip_thrust", "squat_parallel")


def compiled() -> set[str]:
    """Each loop with each kind of arguments that it is compiled for."""
    loops = (found for found in gc.get_objects() if isinstance(found, CPUDispatcher))
    return {f"{f.py_func.__module__}.{f.py_func.__name__}{s}" for f in loops for s in f.signatures}


def main(folder: Path) -> None:
    """Each exercise in a gateway of its own."""
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    recorded = {exercise: packets_of(exercise, 2) for exercise in _EXERCISES}
    rehearse_all()
    before = compiled()
    for exercise, packets in recorded.items():
        settings = load_settings(data_dir=folder / exercise)
        settings.data_dir.mkdir()
        upgrade(settings.database)
        repository, clock = Repository(open_engine(settings.database)), TurnedClock(START_S)
        gateway = Gateway(settings, repository, Bus(), worn(exercise), clock)
        deliver(gateway, packets, clock)
        gateway.sessions.popitem()[1].finish()
        repository.close()
    for loop in sorted(compiled() - before):
        sys.stdout.write(f"{loop}\\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
