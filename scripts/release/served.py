"""Prints version and address of what a release serves most: python -m scripts.release.served NAMESPACE RELEASE."""

import sys

from rollout.errors import CannotRollOut
from rollout.helm import Release


def main() -> None:
    """Print them."""
    try:
        versions = Release(sys.argv[2], sys.argv[1], chart="").values()["versions"]
    except CannotRollOut as error:
        sys.exit(f"error: {error}")
    name = max(versions, key=lambda version: versions[version]["weight"])
    print(name, versions[name]["bundle"])


if __name__ == "__main__":
    main()
