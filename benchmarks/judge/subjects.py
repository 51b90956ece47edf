"""Who is used for what: people to tune on and people to report on, disjoint by construction."""

from __future__ import annotations

TUNING = range(1_000, 2_000)
"""Seeds that anybody may look at while setting a parameter."""
REPORTED = range(5_000, 6_000)
"""Seeds that no parameter was ever set on; only these make `docs/accuracy.md`."""

GROUPS = {"tuning": TUNING, "reported": REPORTED}


def seeds(group: str, count: int) -> list[int]:
    """The first ``count`` seeds of a group, or the seeds named one by one (``1003,1007``)."""
    if group in GROUPS:
        if not 1 <= count <= len(GROUPS[group]):
            raise ValueError(f"count {count}: allowed are 1 to {len(GROUPS[group])}")
        return list(GROUPS[group][:count])
    try:
        return [int(part) for part in group.split(",")]
    except ValueError as error:
        raise ValueError(f"subjects {group!r}: must be tuning, reported, or seeds with commas") from error
