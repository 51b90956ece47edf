"""What a process costs: its share of a core and its memory."""

from __future__ import annotations

import os
import time

_STATM = f"/proc/{os.getpid()}/statm"


class Load:
    """CPU time and resident memory of this process since it was made."""

    def __init__(self) -> None:
        self._cpu_s, self._wall_s = time.process_time(), time.perf_counter()

    def cpu_percent(self) -> float:
        """Share of one core."""
        wall_s = time.perf_counter() - self._wall_s
        return round(100.0 * (time.process_time() - self._cpu_s) / wall_s, 1)

    def rss_mb(self) -> float:
        """Resident memory now, or its peak where the system tells no more."""
        try:
            with open(_STATM, encoding="ascii") as file:  # noqa: PTH123 - a kernel file
                return round(int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20, 1)
        except OSError:
            import resource  # noqa: PLC0415 - not on every system

            return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10, 1)
