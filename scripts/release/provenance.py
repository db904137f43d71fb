"""Prints where an image comes from: python -m scripts.release.provenance REPOSITORY DIGEST COMMIT.

An in-toto statement with SLSA's provenance, version 1. Nobody has signed it: it finds mix-ups, not forgers.
Cloud Build writes and signs one of its own.
"""

import hashlib
import json
import os
import sys
from pathlib import Path

MATERIALS = ("Dockerfile.transformer", "requirements/transformer.txt")


def statement(repository: str, digest: str, commit: str, builder: str) -> dict[str, object]:
    """Return the statement about an image, ``sha256:...``, built from a commit."""
    algorithm, _, value = digest.partition(":")
    materials: list[dict[str, object]] = [
        {"uri": path, "digest": {"sha256": hashlib.sha256(Path(path).read_bytes()).hexdigest()}} for path in MATERIALS
    ]
    return {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": repository, "digest": {algorithm: value}}],
        "predicateType": "https://slsa.dev/provenance/v1",
        "predicate": {
            "buildDefinition": {
                "buildType": "scripts/release/image.sh",
                "externalParameters": {"commit": commit},
                "resolvedDependencies": [{"uri": "git", "digest": {"gitCommit": commit}}, *materials],
            },
            "runDetails": {"builder": {"id": builder}},
        },
    }


def main() -> None:
    """Print it."""
    repository, digest, commit = sys.argv[1:]
    builder = os.environ.get("BUILDER_ID", "by hand")
    print(json.dumps(statement(repository, digest, commit, builder), indent=1))


if __name__ == "__main__":
    main()
