"""Which angles a silent sensor leaves unknown: of the pelvis, of one thigh, of the joint between them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import isfinite

import numpy as np

from fusion.types import BoolArray, FloatArray, SignalBlock

_BLURRED_DEG = 40.0
"""A vertical known worse than this is not known."""
_GRAVITY = frozenset({"pelvis_tilt_deg", "pelvis_list_deg"})


@dataclass(frozen=True, slots=True)
class SilentRows:
    """Rows of a `SignalBlock`."""

    pelvis: int
    """Pelvic tilt P."""
    thigh: int
    """Thigh pitch T."""
    flexion: int
    filled: tuple[int, ...]
    """All that are filled in."""
    of_pelvis: tuple[int, ...]
    of_thigh: tuple[int, ...]
    of_joint: tuple[int, ...]
    heard_by: tuple[int, int]
    """Rows that are known exactly when the sensor of the pelvis, and of the thigh, was heard."""

    @classmethod
    def of(cls, names: tuple[str, ...], side: str) -> SilentRows:
        """Those of signals called ``names``, for the leg of ``side``."""
        filled = tuple(k for k, name in enumerate(names) if _is_filled(name, side))
        return cls(
            pelvis=names.index("pelvis_tilt_deg"),
            thigh=names.index(f"thigh_pitch_{side}_deg"),
            flexion=names.index(f"hip_flexion_{side}_deg"),
            filled=filled,
            of_pelvis=tuple(k for k in filled if names[k] in _GRAVITY),
            of_thigh=tuple(k for k in filled if names[k].startswith("thigh_")),
            of_joint=tuple(k for k in filled if names[k].startswith("hip_")),
            heard_by=(names.index("pelvis_list_deg"), names.index(f"thigh_opening_{side}_deg")),
        )

    def silent(self, block: SignalBlock) -> BoolArray | None:
        """Where (n,) the pelvis's or the thigh's sensor said nothing; None where there is no such sample."""
        pelvis, thigh = (block.values[row] for row in self.heard_by)
        if isfinite(pelvis.dot(pelvis) + thigh.dot(thigh)):
            return None
        silent = ~(np.isfinite(pelvis) & np.isfinite(thigh))
        return np.asarray(silent) if silent.any() else None

    def while_same(self, block: SignalBlock, most: int) -> int:
        """For how many samples, at most ``most``, the same sensors are heard as at first."""
        heard = np.isfinite(block.values[list(self.heard_by), :most])
        changed = (heard != heard[:, :1]).any(axis=0)
        return int(np.argmax(changed)) if changed.any() else most

    def without_blur(self, signals: SignalBlock) -> SignalBlock:
        """What a sensor tells just after a silence, before it knows the vertical again, is not known."""
        pelvis, thigh = (signals.sd[row] for row in self.heard_by)
        if len(pelvis) and max(pelvis.max(), thigh.max()) <= _BLURRED_DEG:
            return signals
        blurred = signals.sd[list(self.heard_by)] > _BLURRED_DEG
        if not blurred.any():
            return signals
        values, sd = signals.values.copy(), signals.sd.copy()
        for rows, which in zip((self.of_pelvis, self.of_thigh), blurred, strict=True):
            at = np.ix_([*rows, *self.of_joint], which)
            values[at], sd[at] = np.nan, np.inf
        return replace(signals, values=values, sd=sd)


def filled(block: SignalBlock, values: FloatArray) -> SignalBlock:
    """With ``values`` (k, n) and an infinite uncertainty where they were not known."""
    return replace(block, values=values, sd=np.where(np.isfinite(block.values), block.sd, np.inf))


def _is_filled(name: str, side: str) -> bool:
    legs = ("thigh_pitch", "thigh_opening", "hip_flexion", "hip_rotation", "hip_adduction")
    return name in _GRAVITY or name in {f"{leg}_{side}_deg" for leg in legs}
