"""Whatever is wrong with a table, training ends in one sentence, or drops rows, counts them and says why."""

import json
from datetime import datetime

import pytest

from flights.bundle import BOOSTER, ENCODER
from tests.unit.training.conftest import make_row, make_year, write_table
from training.__main__ import main
from training.dataset import COLUMNS

YEAR = make_year()


def run(path, out):
    return main(["--data", str(path), "--out", str(out)])


def altered(path, change):
    path.write_bytes(change(path.read_bytes()))
    return path


def in_month(row, month):
    return row["Fecha-I"][5:7] == month


REFUSED = {
    "wrong delimiter": (lambda path: altered(write_table(path, YEAR), lambda text: text.replace(b",", b";")), "commas"),
    "Latin-1": (
        lambda path: altered(write_table(path, YEAR), lambda text: text.decode().encode("latin-1")),
        "is not UTF-8",
    ),
    "UTF-16": (lambda path: altered(write_table(path, YEAR), lambda text: text.decode().encode("utf-16")), "not text"),
    "all one class": (
        lambda path: write_table(path, [row | {"Fecha-O": row["Fecha-I"]} for row in YEAR]),
        "only flights that were on time",
    ),
    "3 rows": (lambda path: write_table(path, YEAR[:3]), "needs 30 at least"),
    "3 rows of one month": (lambda path: write_table(path, [make_row()] * 3), "span 1 month"),
    "the validation's month missing": (
        lambda path: write_table(path, [row for row in YEAR if not in_month(row, "10")]),
        "validation part (2019-10) has 0 flights",
    ),
    "every date day first": (
        lambda path: write_table(path, [row | {"Fecha-I": day_first(row["Fecha-I"])} for row in YEAR]),
        "has no row to train on: 3,000: Fecha-I is no scheduled departure",
    ),
    "cut in the middle": (
        lambda path: altered(write_table(path, YEAR), lambda content: content[: len(content) // 2]),
        "cut or damaged",
    ),
}


def day_first(text):
    return datetime.fromisoformat(text).strftime("%d/%m/%Y %H:%M")


@pytest.mark.parametrize(("make", "sentence"), REFUSED.values(), ids=REFUSED)
def test_a_table_that_cannot_be_trained_on_is_refused_in_one_sentence(tmp_path, capsys, make, sentence):
    name = "flights.csv.gz" if sentence == "cut or damaged" else "flights.csv"
    assert run(make(tmp_path / name), tmp_path / "b") == 2
    told = capsys.readouterr().err
    assert told.splitlines()[-1].startswith("error: ")
    assert sentence in told.splitlines()[-1]
    assert "Traceback" not in told
    assert not (tmp_path / "b").exists()


DROPPED = {
    "mixed dates": (
        [row | {"Fecha-I": day_first(row["Fecha-I"])} if number % 10 == 0 else row for number, row in enumerate(YEAR)],
        "Fecha-I is no scheduled departure",
        300,
    ),
    "duplicate rows": ([*YEAR, *YEAR[:50]], "the row repeats an earlier one", 50),
    "dates in the cells of codes": ([*YEAR, make_row(Emp_I="2019-01-01")], "Emp-I is no ICAO", 1),
}


@pytest.mark.parametrize(("rows", "reason", "count"), DROPPED.values(), ids=DROPPED)
def test_rows_that_cannot_be_trained_on_are_dropped_and_counted(tmp_path, capsys, rows, reason, count):
    assert run(write_table(tmp_path / "flights.csv", rows), tmp_path / "b") == 0
    assert f"{count:,}: {reason}" in capsys.readouterr().err
    metrics = json.loads((tmp_path / "b" / "report" / "metrics.json").read_text())
    [(told, dropped)] = metrics["rows"]["dropped"].items()
    assert told.startswith(reason)
    assert dropped == count
    assert metrics["rows"]["read"] - metrics["rows"]["used"] == count


HARMLESS = {
    "byte order mark": lambda path: altered(write_table(path, YEAR), lambda text: b"\xef\xbb\xbf" + text),
    "shuffled columns": lambda path: write_table(path, YEAR, tuple(sorted(COLUMNS, key=lambda name: name[::-1]))),
    "carriage returns": lambda path: altered(write_table(path, YEAR), lambda text: text.replace(b"\r\n", b"\n")),
}


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    folder = tmp_path_factory.mktemp("harmless")
    assert run(write_table(folder / "flights.csv", YEAR), folder / "b") == 0
    return [(folder / "b" / name).read_bytes() for name in (BOOSTER, ENCODER)]


@pytest.mark.parametrize("make", HARMLESS.values(), ids=HARMLESS)
def test_what_only_looks_different_gives_the_same_booster_and_tables(tmp_path, served, make):
    assert run(make(tmp_path / "flights.csv"), tmp_path / "b") == 0
    assert [(tmp_path / "b" / name).read_bytes() for name in (BOOSTER, ENCODER)] == served


def test_a_month_missing_from_the_middle_is_no_reason_to_stop(tmp_path):
    rows = [row for row in YEAR if not in_month(row, "05")]
    assert run(write_table(tmp_path / "flights.csv", rows), tmp_path / "b") == 0
    metrics = json.loads((tmp_path / "b" / "report" / "metrics.json").read_text())
    assert metrics["temporal"]["parts"]["training"]["period"] == "2019-01 to 2019-09"
    assert metrics["rows"]["used"] == len(rows)


@pytest.mark.parametrize("command", ["compare", "search", "ablate"])
def test_the_other_commands_refuse_a_table_in_one_sentence_too(tmp_path, capsys, command):
    table = write_table(tmp_path / "flights.csv", YEAR[:3])
    assert main([command, "--data", str(table)]) == 2
    assert capsys.readouterr().err.splitlines()[-1].startswith("error: ")
