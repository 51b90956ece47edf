"""The orientation estimators to choose from, by name."""

from __future__ import annotations

from typing import Protocol, get_args

from numpy.typing import ArrayLike

from fusion.errors import InputError
from fusion.orientation import OrientationEstimator, OrientationParams
from fusion.types import EstimatorName, FloatArray, ImuBlock, OrientedBlock


class Estimator(Protocol):
    """What every orientation estimator can do: blocks in, oriented blocks out, equal for any splitting."""

    @property
    def state(self) -> FloatArray:
        """All that it remembers, to go on from later."""

    def restore(self, state: ArrayLike) -> None:
        """Go on from a `state` taken earlier."""

    def reset(self) -> None:
        """Forget everything, as if made anew."""

    def update(self, block: ImuBlock) -> OrientedBlock:
        """Orientation at every sample of ``block``, which follows the one before in time."""


def estimator_named(name: EstimatorName, params: OrientationParams | None = None) -> Estimator:
    """A new estimator; ``params`` are for ours alone. Raises `InputError` for a name that is none."""
    if name not in get_args(EstimatorName):
        raise InputError(f"estimator {name!r}: known are {', '.join(get_args(EstimatorName))}")
    if name == "ilium":
        return OrientationEstimator(params)
    from fusion.reference import ReferenceEstimator  # noqa: PLC0415 - a rival that few ask for

    return ReferenceEstimator(name)
