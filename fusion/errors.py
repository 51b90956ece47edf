"""Errors of the fusion core; each message says what, where and how to mend."""


class FusionError(Exception):
    """Base of every error that `fusion` raises on purpose."""


class InputError(FusionError, ValueError):
    """The samples handed in cannot be used (shape, order, NaN, units)."""


class CalibrationError(FusionError):
    """A calibration was asked for that the recording does not allow."""


class ExerciseError(FusionError, ValueError):
    """An exercise definition is not valid; names the file and the key."""
