import pytest

from flights.errors import InvalidDataset
from training.__main__ import main
from training.cleaning import clean
from training.dataset import read
from training.scaling import cost, made_up


def test_made_up_flights_can_all_be_trained_on_and_are_the_same_every_time(tmp_path):
    made_up(2000).to_csv(tmp_path / "flights.csv", index=False)
    cleaned = clean(read(tmp_path / "flights.csv"))
    assert cleaned.dropped_count == 0
    assert 0.1 < cleaned.delayed.mean() < 0.35
    assert made_up(2000).equals(made_up(2000))


def test_the_command_tells_what_each_table_took(tmp_path, capsys, monkeypatch):
    monkeypatch.delenv("DATA", raising=False)
    assert main(["scale", "--flights", "3000"]) == 0
    [line] = [line for line in capsys.readouterr().out.splitlines() if "3,000" in line]
    name, flights, cpu_s, _, trees, peak_mib = line.strip("| ").split(" | ")
    assert (name, flights) == ("made-up.csv", "3,000")
    assert float(cpu_s) > 0.5
    assert int(trees) > 2
    assert 100 < float(peak_mib) < 2000


def test_a_table_that_cannot_be_trained_on_is_a_sentence(tmp_path):
    made_up(20).to_csv(tmp_path / "few.csv", index=False)
    with pytest.raises(InvalidDataset, match=r"training on few.csv ended with 2: error: the temporal split's .* needs"):
        cost(tmp_path / "few.csv", tmp_path / "bundle")


@pytest.mark.parametrize("count", ["0", "-1", "x", "1.5", "٣"])
def test_a_number_of_flights_that_is_none_is_refused(count):
    with pytest.raises(SystemExit, match="2"):
        main(["scale", "--flights", count])
