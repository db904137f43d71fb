"""The encoder's tables, fitted with category_encoders and taken out of it.

category_encoders maps a category to an ordinal and the ordinal to a value; composed, the two are one table, which
serving looks up without pandas. ``Encoder.encode`` and the fitted encoder's own ``transform`` give the same bits.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from category_encoders import MEstimateEncoder

from flights.encoder import ENCODED_FIELDS, CategoryTable
from flights.errors import InvalidDataset

FEWEST_FLIGHTS = 50
"""A category seen less often in the training part is rare: 50 flights leave +-5 points on a rate of 18 %."""

SMOOTHING_FLIGHTS = 50.0
"""Flights with the average rate that are added to each category; the encoder's ``m``."""

RARE = "(rare)"
"""What stands for every rare category while fitting; no valid code looks like it."""

COLUMNS = ("airline", "destination", "flight_type")
"""Name of the column that each of ``ENCODED_FIELDS`` becomes."""

_UNKNOWN = -1
"""The ordinal under which category_encoders keeps what it answers for a category that it never saw."""


@dataclass(frozen=True, slots=True)
class FittedCategories:
    """An encoder fitted on the training part.

    Attributes:
        encoder: The fitted category_encoders object.
        vocabulary: For each field, the categories that are not rare.
    """

    encoder: MEstimateEncoder
    vocabulary: dict[str, frozenset[str]]

    def with_rare(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Return the encoded fields of n rows, each category outside the vocabulary replaced by ``RARE``."""
        return pd.DataFrame(
            {field: rows[field].where(rows[field].isin(known), RARE) for field, known in self.vocabulary.items()}
        )

    def tables(self) -> tuple[CategoryTable, ...]:
        """Return one table for each field.

        The ``rare`` value is what was fitted on the rare categories together, and where there were none the
        encoder's own value for an unknown category, the average over all flights.
        """
        tables = []
        for column, ordinals in zip(COLUMNS, self.encoder.ordinal_encoder.category_mapping, strict=True):
            field = ordinals["col"]
            value_by_ordinal = self.encoder.mapping[field]
            values = {
                category: (float(value_by_ordinal.loc[ordinal]),)
                for category, ordinal in ordinals["mapping"].items()
                if isinstance(category, str)  # its last entry stands for a missing value, which no flight has
            }
            rare = values.pop(RARE, (float(value_by_ordinal.loc[_UNKNOWN]),))
            tables.append(CategoryTable(field, (column,), values, rare))
        return tuple(tables)


def fit(
    rows: pd.DataFrame,
    delayed: npt.NDArray[np.bool_],
    fewest_flights: int = FEWEST_FLIGHTS,
    smoothing_flights: float = SMOOTHING_FLIGHTS,
) -> FittedCategories:
    """Fit on the training part alone, n rows and n labels: a value is the smoothed share of delayed flights.

    Raises:
        InvalidDataset: Ours: every category of a field is rare.
    """
    fields = [field.name for field in ENCODED_FIELDS]
    vocabulary = {}
    for field in fields:
        counts = rows[field].value_counts()
        vocabulary[field] = frozenset(counts.index[counts >= fewest_flights])
        if not vocabulary[field]:
            raise InvalidDataset(
                f"no {field} has {fewest_flights} flights in the training part: {len(rows):,} flights are too few for "
                f"its {len(counts):,} values"
            )
    fitted = FittedCategories(MEstimateEncoder(cols=fields, m=smoothing_flights), vocabulary)
    labels = pd.Series(delayed.astype(np.float64), index=rows.index)
    fitted.encoder.fit(fitted.with_rare(rows), labels)
    return fitted
