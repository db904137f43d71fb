import numpy as np
import pytest

from flights.errors import InvalidDataset
from training.splits import FEWEST_FLIGHTS, random_split, temporal_split


def days(*months: str, each: int = FEWEST_FLIGHTS) -> tuple[list[str], np.ndarray]:
    """Return flights in the months, every third of them delayed."""
    scheduled = [f"{month}-{1 + number % 28:02} 10:00:00" for month in months for number in range(each)]
    return scheduled, np.arange(len(scheduled)) % 3 == 0


def months_of(scheduled, positions):
    return sorted({scheduled[position][:7] for position in positions})


YEAR = [f"2017-{month:02}" for month in range(1, 13)]


def test_a_calendar_year_is_split_into_january_to_september_october_and_the_rest():
    scheduled, delayed = days(*reversed(YEAR))
    split = temporal_split(scheduled, delayed)
    assert months_of(scheduled, split.training) == YEAR[:9]
    assert months_of(scheduled, split.validation) == YEAR[9:10]
    assert months_of(scheduled, split.test) == YEAR[10:]
    assert split.periods == ("2017-01 to 2017-09", "2017-10", "2017-11 to 2017-12")


def test_a_missing_month_moves_no_border():
    scheduled, delayed = days(
        *(month for month in YEAR if month not in ("2017-03", "2017-12", "2017-01")), "2017-01", "2017-12"
    )
    assert months_of(scheduled, temporal_split(scheduled, delayed).validation) == ["2017-10"]


SPANS = [(3, (1, 1, 1)), (4, (2, 1, 1)), (6, (4, 1, 1)), (11, (8, 1, 2)), (12, (9, 1, 2)), (24, (18, 2, 4))]


@pytest.mark.parametrize(("count", "parts"), SPANS)
def test_other_spans_are_split_by_months_in_the_same_proportion(count, parts):
    months = [str(np.datetime64("2016-08") + month) for month in range(count)]
    scheduled, delayed = days(*months)
    split = temporal_split(scheduled, delayed)
    assert tuple(len(months_of(scheduled, part)) for part in split.parts().values()) == parts


def test_every_part_follows_the_one_before():
    scheduled, delayed = days(*YEAR)
    split = temporal_split(scheduled, delayed)
    texts = np.array(scheduled, dtype="datetime64[s]")
    assert texts[split.training].max() < texts[split.validation].min()
    assert texts[split.validation].max() < texts[split.test].min()


@pytest.mark.parametrize("name", ["temporal", "random"])
def test_every_flight_is_in_one_part(name):
    scheduled, delayed = days(*YEAR)
    split = temporal_split(scheduled, delayed) if name == "temporal" else random_split(delayed)
    assert split.name == name
    assert np.array_equal(np.sort(np.concatenate(list(split.parts().values()))), np.arange(len(scheduled)))


def test_the_random_split_is_80_10_10_with_the_same_share_of_delays_and_the_same_each_time():
    delayed = np.arange(1000) % 5 == 0
    split = random_split(delayed)
    assert [len(part) for part in split.parts().values()] == [800, 100, 100]
    assert [delayed[part].mean() for part in split.parts().values()] == [0.2, 0.2, 0.2]
    assert np.array_equal(split.test, random_split(delayed).test)


def test_two_months_are_too_few():
    with pytest.raises(InvalidDataset, match="span 2 months: the temporal split needs three"):
        temporal_split(*days("2017-01", "2017-02"))


def test_a_part_with_too_few_flights_is_named():
    scheduled, delayed = days(*YEAR[:9], *YEAR[10:])
    with pytest.raises(InvalidDataset, match=r"temporal split's validation part \(2017-10\) has 0 flights"):
        temporal_split(scheduled, delayed)


@pytest.mark.parametrize(("value", "kind"), [(True, "delayed"), (False, "on time")])
def test_a_part_of_one_class_is_named(value, kind):
    scheduled, delayed = days(*YEAR)
    delayed[[text.startswith("2017-10") for text in scheduled]] = value
    with pytest.raises(InvalidDataset, match=rf"validation part \(2017-10\) has only flights that were {kind}"):
        temporal_split(scheduled, delayed)


def test_a_table_of_one_class_has_no_random_split():
    with pytest.raises(InvalidDataset, match="only flights that were on time"):
        random_split(np.zeros(1000, dtype=bool))
