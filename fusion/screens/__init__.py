"""Screens: short guided tests, each a few steps, with a result that says how sure it is.

`load` gives one by id, `ids` all there are; `ScreenRunner` runs one over signals as they come.
"""

from __future__ import annotations

from collections.abc import Mapping

from fusion.errors import InputError
from fusion.screens.control import DISSOCIATION, MOBILITY
from fusion.screens.holds import DIP, LENGTHS, PLANK, STANCE
from fusion.screens.model import Screen, ScreenEvent, ScreenEventKind, ScreenResult, ScreenValue
from fusion.screens.moves import PRONE, SYMMETRY, WALK
from fusion.screens.runner import ScreenRunner

__all__ = [
    "Screen",
    "ScreenEvent",
    "ScreenEventKind",
    "ScreenResult",
    "ScreenRunner",
    "ScreenValue",
    "ids",
    "load",
]

_SCREENS: Mapping[str, Screen] = {
    screen.id: screen
    for screen in (PLANK, DIP, *LENGTHS, STANCE, SYMMETRY, *PRONE, WALK, *MOBILITY, *DISSOCIATION)
}


def ids() -> tuple[str, ...]:
    """Ids of all screens."""
    return tuple(_SCREENS)


def load(screen_id: str) -> Screen:
    """The screen with this id. Raises `InputError` that lists them."""
    if screen_id not in _SCREENS:
        raise InputError(f"no screen {screen_id!r}; there are {', '.join(_SCREENS)}")
    return _SCREENS[screen_id]
