"""Errors that Ilium raises on purpose; each message says what, where and how to mend.

One that is also a ``ValueError`` was handed something unusable; any other could not do what was asked.
The command line turns the first into exit code 2 and the second into 1.
"""


class IliumError(Exception):
    """Base of every error raised on purpose, in all packages."""


class FusionError(IliumError):
    """Base of every error that `fusion` raises on purpose."""


class InputError(FusionError, ValueError):
    """The samples handed in cannot be used (shape, order, NaN, units)."""


class CalibrationError(FusionError, ValueError):
    """A calibration was asked for that the recording does not allow."""


class ExerciseError(FusionError, ValueError):
    """An exercise definition is not valid; names the file and the key."""
