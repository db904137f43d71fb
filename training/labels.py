"""Whether a flight was delayed: the answer that training learns from."""

import numpy as np
import numpy.typing as npt
import pandas as pd

DELAYED_AFTER_SECONDS = 15 * 60
"""A flight is delayed if it left more than 15 minutes after its schedule; from the challenge's text."""


def delay_seconds(rows: pd.DataFrame) -> npt.NDArray[np.int64]:
    """Return operated minus scheduled departure in seconds, of shape [n], negative for an early flight.

    The whole difference: ``Timedelta.seconds`` would drop its days. Both columns must have been checked.
    """
    scheduled, operated = (np.array(rows[column].to_list(), dtype="datetime64[s]") for column in ("Fecha-I", "Fecha-O"))
    delays: npt.NDArray[np.int64] = (operated - scheduled).astype(np.int64)
    return delays


def delayed(delays: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Return for delays in seconds whether each counts, of shape [n]."""
    return delays > DELAYED_AFTER_SECONDS
