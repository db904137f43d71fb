import pytest

from flights.errors import InvalidDataset
from tests.unit.training.conftest import make_row
from training.cleaning import clean
from training.dataset import read

DROPPED = {
    "month 13": ({"Fecha_I": "2019-13-01 10:00:00"}, "Fecha-I is no"),
    "29 February of no leap year": ({"Fecha_I": "2019-02-29 10:00:00"}, "Fecha-I is no"),
    "day before month": ({"Fecha_I": "05-03-2019 10:00"}, "Fecha-I is no"),
    "now": ({"Fecha_I": "now"}, "Fecha-I is no"),
    "empty schedule": ({"Fecha_I": ""}, "Fecha-I is no"),
    "only a day": ({"Fecha_I": "2019-03-05"}, "Fecha-I is no"),
    "blank before a day": ({"Fecha_I": " 2019-03-05 10:00"}, "Fecha-I is no"),
    "1999": ({"Fecha_I": "1999-12-31 10:00", "Fecha_O": "2000-01-01 10:00"}, "Fecha-I is no"),
    "cancelled": ({"Fecha_O": ""}, "Fecha-O is empty: the flight never left"),
    "bad operated date": ({"Fecha_O": "2019-03-05 25:00:00"}, "Fecha-O is no"),
    "NaT": ({"Fecha_O": "NaT"}, "Fecha-O is no"),
    "lower-case airline": ({"Emp_I": "lan"}, "Emp-I is no ICAO airline code"),
    "blank after an airline": ({"Emp_I": "LAN "}, "Emp-I is no ICAO airline code"),
    "IATA airline": ({"Emp_I": "LA"}, "Emp-I is no ICAO airline code"),
    "empty airline": ({"Emp_I": ""}, "Emp-I is no ICAO airline code"),
    "lower-case destination": ({"Des_I": "scfa"}, "Des-I is no ICAO airport code"),
    "IATA destination": ({"Des_I": "MIA"}, "Des-I is no ICAO airport code"),
    "another type": ({"TIPOVUELO": "X"}, "TIPOVUELO is neither I nor N"),
    "lower-case type": ({"TIPOVUELO": "i"}, "TIPOVUELO is neither I nor N"),
    "from elsewhere": ({"Ori_I": "SCFA"}, "Ori-I is not SCEL"),
    "early by a day": ({"Fecha_O": "2019-03-04 10:00:00"}, "more than 12 hours before or 7 days after"),
    "late by a year": ({"Fecha_O": "2020-03-05 10:00:00"}, "more than 12 hours before or 7 days after"),
}


@pytest.mark.parametrize(("changes", "reason"), DROPPED.values(), ids=DROPPED)
def test_a_row_that_cannot_be_trained_on_is_dropped_with_its_line_and_reason(make_table, changes, reason):
    cleaned = clean(read(make_table(make_row(), make_row() | {k.replace("_", "-"): v for k, v in changes.items()})))
    assert cleaned.rows.index.tolist() == [2]
    assert (cleaned.read_count, cleaned.dropped_count) == (2, 1)
    (dropped,) = cleaned.reasons
    assert reason in dropped.text
    assert dropped.count == 1
    assert dropped.examples[0].split()[0] == "3"


KEPT = {
    "a day late": {"Fecha_O": "2019-03-06 10:05:00"},
    "11 hours early": {"Fecha_O": "2019-03-04 23:00:00"},
    "without seconds": {"Fecha_I": "2019-03-05 10:00"},
    "with a T": {"Fecha_O": "2019-03-05T10:04:00"},
    "an unused cell that is wrong": {"DIANOM": "Sunday", "MES": "13", "Emp_O": "", "OPERA": ""},
}


@pytest.mark.parametrize("changes", KEPT.values(), ids=KEPT)
def test_a_row_that_can_be_trained_on_is_kept(make_table, changes):
    assert clean(read(make_table(make_row(**changes)))).reasons == ()


def test_the_first_of_equal_rows_is_kept(make_table):
    cleaned = clean(read(make_table(make_row(), make_row(), make_row(Emp_I="SKU"), make_row())))
    assert cleaned.rows.index.tolist() == [2, 4]
    assert [(reason.count, reason.examples) for reason in cleaned.reasons] == [(2, ("3", "5"))]


def test_a_row_with_two_faults_is_counted_under_both_and_dropped_once(make_table):
    cleaned = clean(read(make_table(make_row(), make_row(Emp_I="lan", TIPOVUELO="X"))))
    assert cleaned.dropped_count == 1
    assert len(cleaned.reasons) == 2


def test_ragged_lines_are_dropped_and_counted(make_table):
    path = make_table(make_row())
    path.write_text(path.read_text() + "2019-01-01,SCEL\n")
    cleaned = clean(read(path))
    assert (cleaned.read_count, cleaned.dropped_count) == (2, 1)
    assert "more or fewer cells" in cleaned.reasons[0].text


def test_a_reason_shows_the_first_three_lines_and_the_cells_at_fault(make_table):
    rows = [make_row(Emp_I=f"l{number}n") for number in range(5)]
    (reason,) = clean(read(make_table(make_row(), *rows))).reasons
    assert str(reason) == "5: Emp-I is no ICAO airline code in capitals (line 3 'l0n', 4 'l1n', 5 'l2n', ...)"


def test_nothing_left_is_a_refusal_that_says_why(make_table):
    with pytest.raises(InvalidDataset, match="has no row to train on: 1: Fecha-O is empty"):
        clean(read(make_table(make_row(Fecha_O=""))))


@pytest.mark.parametrize(
    ("delay_minutes", "delayed"),
    [(-10, False), (0, False), (15, False), (15.5, True), (16, True), (24 * 60, True), (24 * 60 + 5, True)],
)
def test_a_flight_is_delayed_if_it_left_more_than_15_minutes_late(make_table, delay_minutes, delayed):
    cleaned = clean(read(make_table(make_row(delay_minutes=delay_minutes))))
    assert cleaned.delayed.tolist() == [delayed]
