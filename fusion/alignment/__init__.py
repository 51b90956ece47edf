"""How each sensor sits on its segment: the calibration ladder, from what is seen and what is announced.

`CalibrationLadder` is the way in; ``stand``, ``functional``, ``axis``, ``joint_heading``, ``long_axis``,
``cold``, ``slip`` and ``tissue`` are its rungs, ``solve`` puts together what they say.
"""

from fusion.alignment.frames import FRAME_S, join_blocks, slice_block, split_frames
from fusion.alignment.functional import FunctionalMovement, FunctionalWindow
from fusion.alignment.ladder import CalibrationLadder

__all__ = [
    "FRAME_S",
    "CalibrationLadder",
    "FunctionalMovement",
    "FunctionalWindow",
    "join_blocks",
    "slice_block",
    "split_frames",
]
