import numpy as np
import pytest

from flights.errors import InvalidDataset
from tests.unit.training.test_splits import YEAR, days, months_of
from training.splits import random_split, temporal_split
from training.windows import windows

SCHEDULED, DELAYED = days(*YEAR, each=400)


def test_a_year_s_windows_score_june_to_october_each_with_what_came_before():
    cut = windows(SCHEDULED, DELAYED)
    assert [split.periods[2] for split in cut] == YEAR[5:10]
    for split in cut:
        scored = YEAR.index(split.periods[2])
        assert months_of(SCHEDULED, split.training) == YEAR[: scored - 1]
        assert months_of(SCHEDULED, split.validation) == [YEAR[scored - 1]]
        assert months_of(SCHEDULED, split.test) == [YEAR[scored]]


@pytest.mark.parametrize("judging", [temporal_split(SCHEDULED, DELAYED), random_split(DELAYED)], ids=lambda s: s.name)
def test_no_window_touches_a_flight_that_will_judge_what_was_chosen(judging):
    for split in windows(SCHEDULED, DELAYED):
        for part in split.parts().values():
            assert not np.isin(part, judging.test).any()


def test_a_table_that_is_too_short_for_a_window_is_refused():
    with pytest.raises(InvalidDataset, match="2 months come before the test: a window to choose by needs three"):
        windows(*days(*YEAR[:3], each=400))
