"""Prints the version of a bundle: python -m scripts.release.bundle_name FOLDER."""

import sys
from pathlib import Path

from flights import bundle
from flights.errors import InvalidBundle


def main() -> None:
    """Print it."""
    try:
        print(bundle.decode(Path(sys.argv[1])).version)
    except InvalidBundle as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
