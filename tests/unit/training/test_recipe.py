from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from training import booster
from training.cleaning import clean
from training.dataset import read
from training.recipe import calendar, flights_of, train
from training.splits import temporal_split

AFTER_DEPARTURE = ("Fecha-O", "Ori-O", "Des-O", "Emp-O", "DIA", "MES", "AÑO", "DIANOM")


@pytest.fixture(scope="module")
def cleaned(year_table):
    return clean(read(year_table))


@pytest.fixture(scope="module")
def split(cleaned):
    return temporal_split(cleaned.rows["Fecha-I"].to_list(), cleaned.delayed)


@pytest.fixture(scope="module")
def trained(cleaned, split):
    return train(cleaned, split)


def shuffled(cleaned, *columns):
    order = np.random.default_rng(3).permutation(len(cleaned.rows))
    cells = {column: cleaned.rows[column].to_numpy()[order] for column in columns}
    return replace(cleaned, rows=cleaned.rows.assign(**cells))


def values(encoder):
    return [(table.field, dict(table.values), table.rare) for table in encoder.tables]


@pytest.mark.parametrize("column", AFTER_DEPARTURE)
def test_no_column_known_after_departure_reaches_the_matrix(cleaned, trained, column):
    other = shuffled(cleaned, column).rows
    assert trained.encoder.encode(flights_of(other)) == trained.encoder.encode(flights_of(cleaned.rows))


@pytest.mark.parametrize("column", ["Fecha-I", "Des-I", "Emp-I", "TIPOVUELO"])
def test_every_column_known_before_departure_reaches_the_matrix(cleaned, trained, column):
    other = shuffled(cleaned, column).rows
    assert trained.encoder.encode(flights_of(other)) != trained.encoder.encode(flights_of(cleaned.rows))


def test_no_column_known_after_departure_changes_what_is_learnt(cleaned, split, trained):
    other = train(shuffled(cleaned, *AFTER_DEPARTURE), split)
    assert booster.saved(other.booster) == booster.saved(trained.booster)
    assert values(other.encoder) == values(trained.encoder)
    assert other.threshold == trained.threshold


def test_the_encoder_learns_nothing_from_validation_and_test(cleaned, split, trained):
    answers = ~cleaned.delayed
    answers[split.training] = cleaned.delayed[split.training]
    assert values(train(replace(cleaned, delayed=answers), split).encoder) == values(trained.encoder)


def test_the_booster_and_its_threshold_learn_nothing_from_the_test(cleaned, split, trained):
    answers = cleaned.delayed.copy()
    answers[split.test] = ~answers[split.test]
    other = train(replace(cleaned, delayed=answers), split)
    assert booster.saved(other.booster) == booster.saved(trained.booster)
    assert other.threshold == trained.threshold
    assert other.scores != trained.scores


def test_the_booster_tells_late_flights_from_others(trained):
    assert trained.scores.roc_auc > 0.6
    assert trained.scores.f1 > trained.scores.flag_all_f1


def test_the_booster_reads_the_encoder_s_columns_and_has_no_names_for_them(trained):
    assert trained.booster.num_features() == len(trained.encoder.columns)
    assert trained.booster.feature_names is None


def test_holidays_are_chilean_and_cover_every_year_that_a_flight_may_have():
    holidays = calendar("CL").holidays
    assert {day.year for day in holidays} == set(range(2000, 2100))
    assert {date(2017, 9, 18), date(2026, 9, 18), date(2018, 3, 30), date(2099, 12, 25)} <= holidays
    assert date(2017, 7, 4) not in holidays
