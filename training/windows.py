"""Expanding windows: the months before the test, cut again and again as the temporal split cuts the year.

Every choice is made on these. None of them touches the temporal split's test part, nor that of the random split,
so both can still judge what was chosen.
"""

import numpy as np
import numpy.typing as npt

from flights.errors import InvalidDataset
from training.splits import Split, checked, random_split, temporal_split

MOST_WINDOWS = 5


def windows(scheduled: list[str], delayed: npt.NDArray[np.bool_]) -> list[Split]:
    """Return up to five windows, oldest first; each: months to learn from, one that stops, one that scores.

    For a calendar year they score June, July, August, September and October, each with a booster that was
    stopped by the month before and trained on all months before that one.

    Raises:
        InvalidDataset: Ours: the table cannot be split, or is too short for a window.
    """
    unseen = np.concatenate([split.test for split in (temporal_split(scheduled, delayed), random_split(delayed))])
    seen = np.setdiff1d(np.arange(len(delayed)), unseen)
    month = np.array(scheduled, dtype="datetime64[M]")
    months = np.unique(month[seen])
    found = []
    for last in range(max(2, len(months) - MOST_WINDOWS), len(months)):
        stops, scores = months[last - 1], months[last]
        parts = [seen[chosen] for chosen in (month[seen] < stops, month[seen] == stops, month[seen] == scores)]
        periods = (f"{months[0]} to {months[last - 2]}", str(stops), str(scores))
        found.append(checked(Split(str(scores), parts[0], parts[1], parts[2], periods), delayed))
    if not found:
        raise InvalidDataset(f"{len(months)} months come before the test: a window to choose by needs three at least")
    return found
