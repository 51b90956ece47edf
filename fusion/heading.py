"""Heading from a magnetometer, laid over an orientation whose inclination is already right.

The horizontal field tells the angle by which the gyroscope's free heading is off; that angle is followed by a
first-order low-pass and left alone while size or dip of the field are not what they have been (as in VQF,
doi 10.1016/j.inffus.2022.10.014). A disturbed field costs what the gyroscope drifts meanwhile.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from fusion.errors import InputError
from fusion.kernels import magnetic
from fusion.types import FloatArray


class MagneticHeading:
    """Streaming heading correction, equal for any splitting of the input."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        self._state = np.zeros(magnetic.STATE_SIZE)

    @property
    def state(self) -> FloatArray:
        """All that is remembered; give it to `restore` to go on from here."""
        return self._state.copy()

    def restore(self, state: ArrayLike) -> None:
        """Go on from an earlier `state`. Raises `InputError` when it is none."""
        values = np.array(state, float)
        if values.shape != self._state.shape:
            raise InputError(f"magnetic heading state has shape {values.shape}, not {self._state.shape}")
        self._state = values

    @property
    def disturbed(self) -> bool:
        """Whether the field is not the trusted one at present (or none is trusted yet)."""
        return bool(self._state[magnetic.CLEAN_TIME] < magnetic.CLEAN_S)

    def update(
        self,
        t_s: FloatArray,
        q_es: FloatArray,
        gyr_rads: FloatArray,
        heading_sd_rad: FloatArray,
        mag_ut: FloatArray,
    ) -> tuple[FloatArray, FloatArray]:
        """Orientation (n, 4) with magnetic-north heading (E's Y is north) and its one-sigma (n,), rad.

        ``heading_sd_rad`` (n,) is the free heading's; magnetometer samples that are NaN are passed over.
        """
        q_north, sd_rad = np.empty((len(t_s), 4)), np.empty(len(t_s))
        magnetic.follow_north(
            self._state,
            np.ascontiguousarray(t_s, float),
            np.ascontiguousarray(q_es),
            np.ascontiguousarray(gyr_rads),
            np.ascontiguousarray(heading_sd_rad),
            np.ascontiguousarray(mag_ut, float),
            q_north,
            sd_rad,
        )
        return q_north, sd_rad
