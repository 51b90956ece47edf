"""Unit conversions, in one place so that no factor is written twice."""

from typing import Final

import numpy as np

STANDARD_GRAVITY_MS2: Final = 9.80665
"""Standard acceleration of free fall (CGPM 1901)."""

RAD_PER_DEG: Final = float(np.pi / 180.0)
DEG_PER_RAD: Final = float(180.0 / np.pi)
