import numpy as np
import pandas as pd
import pytest

from flights.calendar import DAY_COLUMNS, MINUTE_COLUMNS, Calendar
from flights.encoder import ENCODED_FIELDS, Encoder
from tests.unit.training.conftest import make_row, make_year
from training import category_tables
from training.category_tables import FEWEST_FLIGHTS, SMOOTHING_FLIGHTS
from training.cleaning import clean
from training.dataset import read
from training.recipe import flights_of
from training.splits import temporal_split

FIRST_CATEGORY_COLUMN = len(DAY_COLUMNS) + len(MINUTE_COLUMNS)


def assert_encodes_as_category_encoders(cleaned):
    training = temporal_split(cleaned.rows["Fecha-I"].to_list(), cleaned.delayed).training
    fitted = category_tables.fit(cleaned.rows.iloc[training], cleaned.delayed[training])
    encoder = Encoder(Calendar(frozenset()), fitted.tables())
    ours = encoder.encode(flights_of(cleaned.rows)).matrix()[:, FIRST_CATEGORY_COLUMN:]
    theirs = fitted.encoder.transform(fitted.with_rare(cleaned.rows)).to_numpy(np.float32)
    assert ours.shape == (len(cleaned.rows), len(ENCODED_FIELDS))
    assert ours.tobytes() == theirs.tobytes()
    assert len(np.unique(ours[:, 0])) > 3


def test_every_row_is_encoded_as_category_encoders_does_bit_for_bit(year_table):
    assert_encodes_as_category_encoders(clean(read(year_table)))


@pytest.mark.scl
def test_every_row_of_the_real_data_is_encoded_as_category_encoders_does_bit_for_bit(scl_data):
    assert_encodes_as_category_encoders(clean(read(scl_data)))


def table_of(rows, delayed, field):
    tables = category_tables.fit(pd.DataFrame(rows), np.array(delayed)).tables()
    return next(table for table in tables if table.field == field)


def test_a_category_becomes_its_share_of_delays_drawn_to_the_average():
    rows = [make_row(Emp_I="LAN")] * 60 + [make_row(Emp_I="SKU")] * 140
    table = table_of(rows, [True] * 60 + [False] * 140, "Emp-I")
    assert table.values["LAN"][0] == pytest.approx((60 + 0.3 * SMOOTHING_FLIGHTS) / (60 + SMOOTHING_FLIGHTS))
    assert table.values["SKU"][0] == pytest.approx((0 + 0.3 * SMOOTHING_FLIGHTS) / (140 + SMOOTHING_FLIGHTS))


def test_categories_seen_too_seldom_share_the_value_fitted_on_them_together():
    rows = [make_row(Emp_I="LAN")] * 100 + [make_row(Emp_I="AAA")] * 49 + [make_row(Emp_I="BBB")] * 1
    table = table_of(rows, [False] * 100 + [True] * 50, "Emp-I")
    assert set(table.values) == {"LAN"}
    assert table.rare[0] == pytest.approx((50 + SMOOTHING_FLIGHTS / 3) / (50 + SMOOTHING_FLIGHTS))


def test_a_category_seen_just_often_enough_has_its_own_value():
    rows = [make_row(Emp_I="LAN")] * 100 + [make_row(Emp_I="AAA")] * FEWEST_FLIGHTS
    assert set(table_of(rows, [True, False] * 75, "Emp-I").values) == {"LAN", "AAA"}


def test_without_rare_categories_an_unknown_one_is_the_average_of_all_flights():
    rows = [make_row(Emp_I="LAN")] * 60 + [make_row(Emp_I="SKU")] * 140
    assert table_of(rows, [True] * 60 + [False] * 140, "Emp-I").rare == (pytest.approx(0.3),)


def test_tables_are_the_same_whatever_the_order_of_the_rows():
    rows = pd.DataFrame(make_year(1000))
    delayed = np.arange(1000) % 4 == 0
    backwards = category_tables.fit(rows[::-1], delayed[::-1]).tables()
    forwards = category_tables.fit(rows, delayed).tables()
    assert [dict(sorted(table.values.items())) for table in backwards] == [
        dict(sorted(table.values.items())) for table in forwards
    ]
