"""What goes wrong on the radio, as a class of failure and one clear line."""

from __future__ import annotations

from typing import Final

from bleak.exc import BleakDeviceNotFoundError, BleakError

from fusion.errors import IliumError
from sensors.reconnect import Failure

ERRORS: Final = (BleakError, TimeoutError, OSError, EOFError)
"""What bleak raises when a link fails; EOFError when the system's bus goes away."""

_SLOTS: Final = ("slot", "connection limit", "max connections")
_BUSY: Final = ("inprogress", "in progress", "busy")


class RadioError(IliumError):
    """The Bluetooth adapter cannot be used; says what to do."""


class LinkError(IliumError):
    """A link ended for a reason that is known; never leaves this folder."""

    def __init__(self, failure: Failure, reason: str) -> None:
        super().__init__(reason)
        self.failure = failure


def no_adapter(error: Exception, name: str = "") -> RadioError:
    """Bleak cannot scan: the line for the user."""
    which = f"Bluetooth adapter {name}" if name else "Bluetooth adapter"
    return RadioError(f"no usable {which} ({error}); plug one in and switch it on, or try: ilium demo")


def classify(error: Exception) -> tuple[Failure, str]:
    """The class of a failure and why, for one of `ERRORS` or a `LinkError`."""
    if isinstance(error, LinkError):
        return error.failure, str(error)
    text = str(error)
    if isinstance(error, BleakDeviceNotFoundError):
        return Failure.NOT_FOUND, "the system's Bluetooth no longer knows it; waiting until it is seen again"
    if isinstance(error, TimeoutError):
        return Failure.TRANSIENT, text or "no answer in time; come closer"
    low = text.lower().replace("-", " ").replace("_", " ")
    if any(word in low for word in _SLOTS):
        return Failure.OUT_OF_SLOTS, f"the adapter carries no more sensors ({text})"
    if any(word in low for word in _BUSY):
        return Failure.BUSY, f"the adapter is busy ({text})"
    return Failure.TRANSIENT, text or type(error).__name__
