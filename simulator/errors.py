"""Errors of the simulator."""

from fusion.errors import IliumError


class SimulationError(IliumError, ValueError):
    """What was asked for cannot be simulated; the message names the field and what is allowed."""
