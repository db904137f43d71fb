"""A day of departures from Santiago, in shares: who flies where, and when.

Rounded shares of the year 2017. They shape the traffic and are nothing that the model was trained on.
"""

ROUTES: dict[str, dict[str, int]] = {
    "LAN": {
        **{"SCFA": 58, "SCCF": 49, "SPJC": 46, "SCTE": 41, "SCIE": 35, "SCDA": 34, "SCCI": 23, "SCQP": 23, "SCSE": 22},
        **{"SABE": 21, "SAEZ": 21, "SCAR": 20, "SAME": 16, "SCAT": 15, "SBGR": 14, "SUMU": 12, "SKBO": 11, "SCBA": 10},
        **{"SACO": 9, "KMIA": 9, "LEMD": 7, "SCIP": 7, "SEGU": 6, "KJFK": 6, "NZAA": 5, "MMMX": 5},
    },
    "SKU": {
        **{"SCFA": 23, "SCCF": 23, "SCDA": 20, "SCTE": 20, "SCAR": 15, "SCIE": 14, "SCQP": 14, "SAEZ": 13, "SPJC": 13},
        **{"SCSE": 12, "SCAT": 9, "SCCI": 7, "SCVD": 7, "SACO": 5, "SAME": 5},
    },
    "TAM": {"SBGR": 24, "SBGL": 19},
    "ARG": {"SABE": 23, "SAEZ": 5},
    "CMP": {"MPTO": 27},
    "LAW": {"SPJC": 12, "SCIE": 5},
    "AVA": {"SKBO": 13},
    "AAL": {"KMIA": 6, "KDFW": 5},
    "GLO": {"SBGR": 10},
    "ACA": {"CYYZ": 4, "SAEZ": 4},
    "IBE": {"LEMD": 5},
    "AFR": {"LFPG": 5},
    "DAL": {"KATL": 5},
    "AMX": {"MMMX": 5},
    "UAL": {"KIAH": 5},
    "NEW": {"SCIE": 5, "SPJC": 5},
}
"""Departures of a thousand, by airline and destination. NEW stands for an airline that is younger than the model."""

HOURS: dict[str, tuple[int, ...]] = {
    "N": (1, 4, 5, 0, 6, 22, 40, 42, 33, 23, 27, 35, 30, 30, 32, 30, 25, 37, 40, 33, 25, 13, 8, 2),
    "I": (15, 19, 5, 7, 10, 14, 21, 30, 31, 24, 9, 19, 20, 24, 24, 27, 20, 14, 21, 20, 18, 21, 26, 17),
}
"""Departures in each hour of the day, domestic (N) and international (I): their waves differ."""

DEPARTURES = 190
"""Departures of a day."""


def flight_type(destination: str) -> str:
    """Return N for a destination in Chile, whose ICAO codes start with SC, and I for any other."""
    return "N" if destination.startswith("SC") else "I"
