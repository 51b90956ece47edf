"""Spans of time as they are written on the command line."""

from __future__ import annotations

from fusion.errors import InputError


def parse_span(text: str | None, option: str = "--stand") -> tuple[float, float] | None:
    """``A:B`` in seconds. Raises `InputError` for anything else."""
    if text is None:
        return None
    start, separator, stop = text.partition(":")
    try:
        span = float(start), float(stop)
    except ValueError as error:
        raise InputError(f"{option} {text!r}: must be A:B in seconds, for example 2:6") from error
    if not separator or span[0] >= span[1]:
        raise InputError(f"{option} {text!r}: must be A:B in seconds with A before B")
    return span
