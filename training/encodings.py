"""The ways to encode airline, destination and type that are compared.

Every one is fitted on the training part alone; the labels of the other parts are not even passed in.
"""

from collections.abc import Callable
from typing import Any

import category_encoders as ce
import numpy as np
import numpy.typing as npt
import pandas as pd
from threadpoolctl import threadpool_limits

from flights.encoder import ENCODED_FIELDS
from training.category_tables import SMOOTHING_FLIGHTS

NATIVE = "native"
"""xgboost's own categories: it splits a column's categories into two sets."""

_THREADS = 1
"""Threads of linear algebra: GLMM sums otherwise in an order of the machine's cores, and takes three times the CPU."""

Rows = npt.NDArray[np.float32]

_FIELDS = [field.name for field in ENCODED_FIELDS]

ENCODERS: dict[str, Callable[[], Any]] = {
    "one-hot": lambda: ce.OneHotEncoder(cols=_FIELDS),
    "GLMM": lambda: ce.GLMMEncoder(cols=_FIELDS, binomial_target=True),
    "target": lambda: ce.TargetEncoder(cols=_FIELDS),
    "James-Stein": lambda: ce.JamesSteinEncoder(cols=_FIELDS),
    "m-estimate": lambda: ce.MEstimateEncoder(cols=_FIELDS, m=SMOOTHING_FLIGHTS),
    "WOE": lambda: ce.WOEEncoder(cols=_FIELDS),
    "CatBoost": lambda: ce.CatBoostEncoder(cols=_FIELDS),
    "ordinal": lambda: ce.OrdinalEncoder(cols=_FIELDS),
    NATIVE: lambda: ce.OrdinalEncoder(cols=_FIELDS, handle_unknown="return_nan"),
}
"""Makes each encoder, by the name that the comparison shows."""


def encode(name: str, categories: pd.DataFrame, training: npt.NDArray[np.intp], delayed: npt.NDArray[np.bool_]) -> Rows:
    """Fit an encoder on the training part and encode n flights: FP32 of shape [n, k].

    Args:
        name: One of ``ENCODERS``.
        categories: The encoded fields of n flights, as text.
        training: Positions of the training part.
        delayed: Outcomes of the training part, in the order of ``training``.
    """
    encoder = ENCODERS[name]()
    labels = pd.Series(delayed.astype(np.float64))
    known = categories.iloc[training].reset_index(drop=True)
    with threadpool_limits(_THREADS):
        # with labels, CatBoost's encoder hides a training flight's own outcome from its value
        learnt = encoder.fit_transform(known, labels)
    encoded: Rows = encoder.transform(categories.reset_index(drop=True)).to_numpy(np.float32)
    encoded[training] = learnt.to_numpy(np.float32)
    return encoded
