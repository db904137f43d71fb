"""``python -m bench.wrk_script``: prints the Lua script that has wrk send seeded flights, for loads elsewhere."""

import argparse
from pathlib import Path

from bench import wrk
from bench.traffic import Traffic
from bench.variants.flights_over_rest import FlightsOverRest, encode


def main() -> None:
    """Print it."""
    parser = argparse.ArgumentParser(prog="python -m bench.wrk_script", description=__doc__)
    parser.add_argument("--bundle", type=Path, default=Path("bundles/scl"), help="whose categories are asked for")
    parser.add_argument("--flights", type=int, default=1, help="in each request")
    parser.add_argument("--token", default="", help="bearer token for every request")
    arguments = parser.parse_args()
    headers = dict(FlightsOverRest.headers)
    if arguments.token:
        headers["Authorization"] = f"Bearer {arguments.token}"
    bodies = [encode(batch) for batch in Traffic(arguments.bundle).batches(arguments.flights)]
    print(wrk.script(FlightsOverRest.path, headers, bodies))


if __name__ == "__main__":
    main()
