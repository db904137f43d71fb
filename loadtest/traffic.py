"""Seeded requests with the shape of real days of departures, golden flights among them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import chain
from random import Random

from flights.bundle import Bundle
from flights.fields import AIRLINE, DESTINATION, FLIGHT_TYPE, SCHEDULED
from loadtest.day import DEPARTURES, HOURS, ROUTES, flight_type

GOLDEN_SHARE = 0.05
"""Share of the flights that are golden ones: their answer is known."""

_DAYS = 5
_FIRST_DAY = date(2018, 1, 1)
_NAMES = (SCHEDULED.name, DESTINATION.name, AIRLINE.name, FLIGHT_TYPE.name)

Sizes = Callable[[Random], int]
"""Draws how many flights a request asks about."""

Flight = tuple[str, str, str, str]
"""Scheduled departure, destination, airline and flight type."""


@dataclass(frozen=True, slots=True)
class Known:
    """The right answer to a golden flight.

    Attributes:
        version: The version that answers so.
        note: What the flight is there for.
        probability: Its delay probability.
    """

    version: str
    note: str
    probability: float


@dataclass(frozen=True, slots=True, eq=False)
class Request:
    """Flights of one request.

    Attributes:
        columns: The required columns, n values each, by the field's name.
        known: The right answers to its golden flights, by their row.
    """

    columns: dict[str, list[str]]
    known: dict[int, Known]

    @property
    def count(self) -> int:
        """Return how many flights it asks about."""
        return len(self.columns[SCHEDULED.name])


def one(_source: Random) -> int:
    """Ask about one flight."""
    return 1


def mostly_one(source: Random) -> int:
    """Ask about one flight nine times of ten, else about up to ten: a connection, or a page of a timetable."""
    return 1 if source.random() < 0.9 else source.randint(2, 10)


def any_size(source: Random) -> int:
    """Ask about 1 to 1,000 flights, each order of magnitude as often as the others."""
    return int(min(1000, 10 ** source.uniform(0, 3) + 0.5))


def day_of_departures(source: Random, day: date) -> list[Flight]:
    """Return the departures of a day, in their order."""
    airlines = [(airline, sum(shares.values())) for airline, shares in ROUTES.items()]
    flights = []
    for airline in source.choices([name for name, _ in airlines], [share for _, share in airlines], k=DEPARTURES):
        (destination,) = source.choices([*ROUTES[airline]], [*ROUTES[airline].values()])
        kind = flight_type(destination)
        (hour,) = source.choices(range(24), HOURS[kind])
        flights.append((f"{day} {hour:02}:{5 * source.randrange(12):02}", destination, airline, kind))
    return sorted(flights)


def requests(seed: int, sizes: Sizes, count: int, bundles: Sequence[Bundle]) -> tuple[Request, ...]:
    """Return requests for flights in the order of their departure, the same for the same arguments.

    Args:
        seed: Chooses days and flights.
        sizes: How many flights each asks about.
        count: How many requests.
        bundles: Golden flights are mixed in from these.
    """
    source = Random(seed)
    days = sorted(source.sample(range(365), _DAYS))
    departures = [*chain.from_iterable(day_of_departures(source, _FIRST_DAY + timedelta(day)) for day in days)]
    golden = [*chain.from_iterable(map(_golden, bundles))]
    made: list[Request] = []
    at = 0
    for _ in range(count):
        flights, known = [], {}
        for row in range(sizes(source)):
            flight = departures[at % len(departures)]
            at += 1
            if golden and source.random() < GOLDEN_SHARE:
                flight, known[row] = source.choice(golden)
            flights.append(flight)
        columns = {name: [flight[place] for flight in flights] for place, name in enumerate(_NAMES)}
        made.append(Request(columns, known))
    return tuple(made)


def _golden(bundle: Bundle) -> list[tuple[Flight, Known]]:
    golden = bundle.golden
    flights = []
    for row, (note, probability) in enumerate(zip(golden.notes, golden.probabilities, strict=True)):
        scheduled, destination, airline, kind = (str(golden.columns[name][row]) for name in _NAMES)
        flights.append(((scheduled, destination, airline, kind), Known(bundle.version, note, probability)))
    return flights
