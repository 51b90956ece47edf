"""What is said of repetitions besides their count: one line each."""

from __future__ import annotations

from typing import Final

from fusion.movement.track import Track
from fusion.types import Side

SET_BEGUN_MID_REP: Final = "the recording began within a repetition; it is counted from the next one on"


def rep_hidden(track: Track) -> str:
    """Of a repetition of which the sensors have shown next to nothing."""
    return (
        f"a repetition may have been done about {track.t_s[track.reach]:.1f} s while a sensor was silent;"
        " it is not counted"
    )


def thigh_on_free_leg(track: Track) -> str:
    """Of a repetition that the leg without sensor did."""
    other = Side.LEFT if track.side is Side.RIGHT else Side.RIGHT
    return (
        f"the {track.side.value} leg works but the sensor is on the {other.value} thigh: repetitions"
        " are counted without the working leg's angles; move the sensor over to judge it"
    )
