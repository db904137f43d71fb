import json

from bench import picture, report
from bench.case import Case
from bench.growth import Growth, Measured, Simulated
from tests.unit.bench.measured import make_measurement

MEASUREMENTS = {
    (name, Case(32, 1)): [make_measurement(answered=each) for each in (100, 200, 300)] for name in ("pair", "echo")
}
GROWTH = Growth(
    [Measured(1, 9000.0, 100.0, 0)], [Simulated(1, 8000.0, 7000.0), Simulated(2, 17000.0, 14000.0)], 1e-4, 2e-3
)


def run(growth=None, measurements=MEASUREMENTS):
    machine = {"cores": 2, "date": "2026-01-01"}
    return json.loads(report.encode(machine, 3, measurements, [], [], growth))


def test_a_run_is_drawn_as_far_as_it_went(tmp_path):
    files = picture.write(run(), tmp_path / "new")
    assert [file.name for file in files] == ["bench.svg", "bench.png"]
    assert all(file.stat().st_size > 1000 for file in files)


def test_growth_is_drawn_where_it_was_measured(tmp_path):
    names = [file.name for file in picture.write(run(GROWTH), tmp_path)]
    assert names == ["bench.svg", "bench.png", "growth.svg", "growth.png"]


def test_one_variant_alone_is_no_picture(tmp_path):
    alone = {key: value for key, value in MEASUREMENTS.items() if key[0] == "pair"}
    assert picture.write(run(measurements=alone), tmp_path) == []


def test_the_file_has_what_was_simulated_and_with_what():
    told = run(GROWTH)["growth"]
    assert told["simulated"][1] == {"pods": 2, "one_queue_rps": 17000, "at_random_rps": 14000}
    assert (told["mean_service_us"], told["limit_us"]) == (100.0, 2000.0)
