"""Golden flights: flights whose probability is known, kept in every bundle.

Training writes them with the probabilities of its own booster; readiness, the tests and the rollout send them
through whatever serves the bundle and compare. One file, so that they cannot disagree on what is right.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from flights.errors import PredictorNonsense
from flights.flight import Flights

TOLERANCE = 1e-5
"""Largest absolute difference between a golden probability and a served one."""


@dataclass(frozen=True, slots=True)
class GoldenFlights:
    """Hand-made flights with the probabilities that training computed for them.

    Attributes:
        notes: What each flight is there for.
        columns: Every input column of the contract that they fill, by name.
        probabilities: Delay probability of each.
    """

    notes: tuple[str, ...]
    columns: dict[str, list[object]]
    probabilities: tuple[float, ...]

    def flights(self) -> Flights:
        """Return them as flights to encode."""
        return Flights.from_columns(self.columns)

    def differences(self, served: Sequence[float] | npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
        """Return served minus golden probability, FP64 of shape [n].

        Raises:
            PredictorNonsense: Ours: there is not one finite number for each flight. NaN would pass a comparison
                with the tolerance, and one number would be spread over all flights.
        """
        answer = np.asarray(served, np.float64)
        if answer.shape != (len(self.probabilities),) or not np.isfinite(answer).all():
            raise PredictorNonsense(
                f"the answer for the golden flights has shape {list(answer.shape)}: "
                f"it must be {len(self.probabilities)} finite numbers"
            )
        difference: npt.NDArray[np.float64] = answer - np.asarray(self.probabilities)
        return difference
