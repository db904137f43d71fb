"""Prints what a release serves most: python -m scripts.release.served NAMESPACE RELEASE.

Its version and address, and the version whose rollout, the last one, was taken back by numbers or by hand; - if none.
"""

import sys

from kubernetes.client import ApiException
from urllib3.exceptions import HTTPError

from rollout.cluster import Cluster
from rollout.errors import CannotRollOut
from rollout.helm import Release
from rollout.journal import ConfigMapJournals, State

TAKEN_BACK = frozenset({State.ROLLED_BACK, State.ABORTED})


def main() -> None:
    """Print them."""
    namespace, name = sys.argv[1:]
    try:
        release = Release(name, namespace, chart="")
        versions = release.values()["versions"]
        core = Cluster(name, release.fullname, namespace).core
        journal = ConfigMapJournals(core, namespace, f"{release.fullname}-rollout").load()
    except (CannotRollOut, ApiException, HTTPError) as error:
        sys.exit(f"error: {error}")
    champion = max(versions, key=lambda version: versions[version]["weight"])
    taken_back = journal.version if journal is not None and journal.state in TAKEN_BACK else "-"
    print(champion, versions[champion]["bundle"], taken_back)


if __name__ == "__main__":
    main()
