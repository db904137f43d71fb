import gzip
from pathlib import Path

import pytest

from flights.errors import InvalidDataset
from tests.unit.training.conftest import make_row, write_table
from training.dataset import COLUMNS, FLIGHT_NUMBER_COLUMNS, read


def test_cells_are_read_as_they_stand(make_table):
    table = read(make_table(make_row(Emp_I=" lan", Fecha_O="", OPERA="NA", DIA="01")))
    row = table.rows.iloc[0]
    assert (row["Emp-I"], row["Fecha-O"], row["OPERA"], row["DIA"]) == (" lan", "", "NA", "01")


@pytest.mark.parametrize("extra", [(), FLIGHT_NUMBER_COLUMNS], ids=["16 columns", "18 columns"])
def test_the_table_may_have_flight_numbers_or_not(make_table, extra):
    assert len(read(make_table(make_row(), columns=(*COLUMNS, *extra))).rows) == 1


def test_columns_may_stand_in_any_order(make_table):
    table = read(make_table(make_row(Emp_I="SKU"), columns=tuple(reversed(COLUMNS))))
    assert table.rows["Emp-I"].tolist() == ["SKU"]


def test_a_compressed_table_is_recognised_by_its_content(tmp_path):
    path = write_table(tmp_path / "flights.gz", [make_row()])
    path = path.rename(tmp_path / "flights.csv")
    assert len(read(path).rows) == 1


def test_a_byte_order_mark_is_no_part_of_the_first_column(make_table):
    path = make_table(make_row())
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert len(read(path).rows) == 1


def test_rows_are_indexed_by_their_line_in_the_file(make_table):
    path = make_table(make_row(OPERA="two\nlines"), make_row())
    path.write_text(path.read_text().replace("\n2019", "\n\n2019"))
    assert read(path).rows.index.tolist() == [4, 6]


def test_lines_with_more_or_fewer_cells_are_told_apart(make_table):
    path = make_table(make_row(), make_row(), make_row())
    lines = path.read_text().splitlines()
    path.write_text("\n".join([lines[0], lines[1], lines[2] + ",more", lines[3].rpartition(",")[0]]) + "\n")
    table = read(path)
    assert table.ragged_lines == (3, 4)
    assert table.rows.index.tolist() == [2]


@pytest.mark.parametrize("column", COLUMNS)
def test_a_missing_column_is_named(make_table, column):
    path = make_table(make_row(), columns=tuple(name for name in COLUMNS if name != column))
    with pytest.raises(InvalidDataset, match=rf"^flights\.csv has no column {column}: "):
        read(path)


def test_a_column_given_twice_is_named(make_table):
    with pytest.raises(InvalidDataset, match="has the column MES more than once"):
        read(make_table(make_row(), columns=(*COLUMNS, "MES")))


@pytest.mark.parametrize(("delimiter", "named"), [(";", "semicolons"), ("\t", "tabs"), ("|", "bars")])
def test_a_wrong_delimiter_is_named(make_table, delimiter, named):
    path = make_table(make_row())
    path.write_text(path.read_text().replace(",", delimiter))
    with pytest.raises(InvalidDataset, match=f"separated by {named}"):
        read(path)


LATIN_1 = ",".join(COLUMNS).encode("latin-1")
WRONG_FILES = {
    "empty": (b"", "is empty"),
    "blank lines": (b"\n\n\n", "is empty"),
    "only a header": (",".join(COLUMNS).encode(), "has no row"),
    "prose": (b"Dear reader, this is no table\n", "is not the challenge's table"),
    "latin-1": (LATIN_1, "is not UTF-8: line 1 has the byte 0xd1.*iconv"),
    "a picture": (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "is not text"),
    "utf-16": (",".join(COLUMNS).encode("utf-16"), "is not text"),
    "an open quote": (",".join(COLUMNS).encode() + b'\n"2017', "is not CSV"),
    "cut gzip": (gzip.compress(",".join(COLUMNS).encode())[:-9], "compressed with gzip but cut or damaged"),
    "damaged gzip": (b"\x1f\x8b\x08\x00 not really", "compressed with gzip but cut or damaged"),
}


@pytest.mark.parametrize(("content", "sentence"), WRONG_FILES.values(), ids=WRONG_FILES)
def test_a_wrong_file_is_refused_in_a_sentence(tmp_path, content, sentence):
    path = tmp_path / "flights.csv"
    path.write_bytes(content)
    with pytest.raises(InvalidDataset, match=sentence) as refusal:
        read(path)
    assert "flights.csv" in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(("name", "sentence"), [("absent.csv", "No such file"), (".", "Is a directory")])
def test_a_path_that_is_no_file_is_refused(tmp_path, name, sentence):
    with pytest.raises(InvalidDataset, match=f"cannot be read: {sentence}"):
        read(Path(tmp_path, name))
