"""The flights whose probability every bundle tells: made by hand, to stand at the edges of what may be asked."""

from datetime import date
from typing import NamedTuple

from flights.encoder import Encoder
from flights.fields import AIRLINE, DESTINATION
from flights.golden import GoldenFlights
from training import booster as trees
from training.recipe import Trained

_WEEKDAYS = ("Lunes", "Martes", "Miercoles", "Jueves", "Viernes", "Sabado", "Domingo")


class _Flight(NamedTuple):
    note: str
    scheduled: str
    destination: str
    airline: str
    flight_type: str
    operated: str


_FLIGHTS = (
    _Flight("the old service's example", "2017-01-01 23:30:00", "KMIA", "AAL", "I", "2017-01-01 23:33:00"),
    _Flight("without seconds", "2018-05-16 07:05", "SCFA", "LAN", "N", "2018-05-16 07:11"),
    _Flight("with seconds", "2018-05-16 07:05:59", "SCFA", "LAN", "N", "2018-05-16 07:11:30"),
    _Flight("with a T", "2018-05-16T07:05", "SCFA", "LAN", "N", "2018-05-16T07:11"),
    _Flight("with a T and seconds", "2018-05-16T07:05:00", "SCFA", "LAN", "N", "2018-05-16T07:11:00"),
    _Flight("leap day", "2028-02-29 12:40:00", "SABE", "LAN", "I", "2028-02-29 12:38:00"),
    _Flight("first minute of a year", "2019-01-01 00:00:00", "SPJC", "LAN", "I", "2019-01-01 00:09:00"),
    _Flight("last minute of a year, left the next", "2018-12-31 23:59:00", "SPJC", "LAN", "I", "2019-01-01 00:20:00"),
    _Flight("last minute of a leap year's last day", "2028-12-31 23:59:00", "SPJC", "LAN", "I", "2028-12-31 23:59:00"),
    _Flight("eve of Fiestas Patrias", "2018-09-17 19:45:00", "SCTE", "SKU", "N", "2018-09-17 20:31:00"),
    _Flight("Fiestas Patrias", "2018-09-18 10:15:00", "SCTE", "SKU", "N", "2018-09-18 10:15:00"),
    _Flight("after Fiestas Patrias", "2018-09-20 10:15:00", "SCTE", "SKU", "N", "2018-09-20 10:18:00"),
    _Flight("last day of the summer season", "2018-03-03 09:20:00", "SCIE", "SKU", "N", "2018-03-03 09:24:00"),
    _Flight("first day after the summer season", "2018-03-04 09:20:00", "SCIE", "SKU", "N", "2018-03-04 09:19:00"),
    _Flight("first day of the winter holidays", "2018-07-15 06:00:00", "SBGR", "TAM", "I", "2018-07-15 06:47:00"),
    _Flight("Good Friday, a holiday that moves", "2018-03-30 13:10:00", "SCCF", "LAN", "N", "2018-03-30 13:12:00"),
    _Flight("Christmas Day, a Monday", "2017-12-25 03:17:00", "SCDA", "LAW", "N", "2017-12-25 03:40:00"),
    _Flight("an ordinary Sunday", "2018-06-10 21:35:00", "SAEZ", "ARG", "I", "2018-06-10 22:02:00"),
    _Flight("an ordinary Saturday", "2018-06-09 15:00:00", "SCAR", "JAT", "N", "2018-06-09 15:01:00"),
    _Flight("unknown airline", "2018-08-08 11:00:00", "KMIA", "ZZZ", "I", "2018-08-08 11:05:00"),
    _Flight("unknown destination", "2018-08-08 11:00:00", "ZZZZ", "AAL", "I", "2018-08-08 11:05:00"),
    _Flight("unknown airline and destination", "2018-08-08 11:00:00", "Z9Z9", "9Z9", "N", "2018-08-08 11:05:00"),
    _Flight("an airline too rare to have a value", "2018-08-08 11:00:00", "SPJC", "LPE", "I", "2018-08-08 11:05:00"),
    _Flight("a destination too rare to have a value", "2018-08-08 11:00:00", "SULS", "LAN", "I", "2018-08-08 11:05:00"),
    _Flight("airline and destination never paired", "2018-08-08 11:00:00", "NZAA", "KLM", "I", "2018-08-08 11:40:00"),
    _Flight("a domestic airport as international", "2018-08-08 11:00:00", "SCFA", "SKU", "I", "2018-08-08 11:00:00"),
    _Flight("the same as domestic", "2018-08-08 11:00:00", "SCFA", "SKU", "N", "2018-08-08 11:00:00"),
    _Flight("a year far from training", "2026-10-14 18:25:00", "LEMD", "IBE", "I", "2026-10-14 19:02:00"),
    _Flight("the calendar's first day", "2000-01-01 08:00:00", "EGLL", "BAW", "I", "2000-01-01 08:30:00"),
    _Flight("the calendar's last minute", "2099-12-31 23:59:00", "SCIE", "LAN", "N", "2099-12-31 23:59:00"),
)  # fmt: skip


_FEWEST_KNOWN = 0.5
"""Share of these flights whose airline a bundle must know; another city's would call nearly all of them rare."""

_OWN_FLIGHTS = 12


def flights_for(encoder: Encoder) -> tuple[_Flight, ...]:
    """Return the flights above, followed by some with the encoder's own codes where it hardly knows theirs."""
    codes = {table.field: sorted(table.values) for table in encoder.tables}
    airlines, destinations = codes[AIRLINE.name], codes[DESTINATION.name]
    known = sum(flight.airline in airlines for flight in _FLIGHTS)
    if known >= _FEWEST_KNOWN * len(_FLIGHTS):
        return _FLIGHTS
    own = (
        _Flight(
            "codes that this bundle knows",
            f"2018-{month:02}-{2 * month:02} {2 * month - 1:02}:{5 * month - 5:02}:00",
            destinations[month * len(destinations) // (_OWN_FLIGHTS + 1)],
            airlines[month % len(airlines)],
            "N" if month % 2 else "I",
            f"2018-{month:02}-{2 * month:02} {2 * month - 1:02}:{5 * month - 1:02}:00",
        )
        for month in range(1, _OWN_FLIGHTS + 1)
    )
    return (*_FLIGHTS, *own)


def golden_columns(flights: tuple[_Flight, ...] = _FLIGHTS) -> dict[str, list[object]]:
    """Return all eleven input columns of the golden flights.

    The date columns are those of the operated departure, as the challenge's table has them.
    """
    operated = [date.fromisoformat(flight.operated[:10]) for flight in flights]
    return {
        "Fecha-I": [flight.scheduled for flight in flights],
        "Des-I": [flight.destination for flight in flights],
        "Emp-I": [flight.airline for flight in flights],
        "TIPOVUELO": [flight.flight_type for flight in flights],
        "Emp-O": [flight.airline for flight in flights],
        "Fecha-O": [flight.operated for flight in flights],
        "Des-O": [flight.destination for flight in flights],
        "DIANOM": [_WEEKDAYS[day.weekday()] for day in operated],
        "DIA": [day.day for day in operated],
        "MES": [day.month for day in operated],
        "AÑO": [day.year for day in operated],
    }


def golden_flights(trained: Trained) -> GoldenFlights:
    """Return the golden flights with the probabilities of a booster; each an FP32 value, exactly."""
    flights = flights_for(trained.encoder)
    unanswered = GoldenFlights(tuple(flight.note for flight in flights), golden_columns(flights), ())
    matrix = trees.matrix(trained.encoder.encode(unanswered.flights()).matrix())
    answers = tuple(map(float, trees.probabilities(trained.booster, matrix)))
    return GoldenFlights(unanswered.notes, unanswered.columns, answers)
