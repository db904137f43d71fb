import io

from rich.console import Console

from bench.stress import table
from tests.unit.bench.measured import make_measurement


def test_ours_stands_beside_the_old_service_s():
    shown = io.StringIO()
    Console(file=shown, width=120).print(table(make_measurement(answered=9500, late=3, errors=2), 2))
    rows = {line.split("│")[1].strip(): line.split("│")[2:4] for line in shown.getvalue().splitlines() if "│" in line}
    told = {name: tuple(cell.strip() for cell in cells) for name, cells in rows.items()}
    assert told["requests a second"] == ("9,500", "1,173")
    assert told["answers later than 2 s"] == ("3", "576")
    assert told["other than 2xx, or broken"] == ("2", "90")
