"""Prints a CycloneDX SBOM of the image's Python packages: python -m scripts.release.sbom NAMES LOCK VERSION.

The lock says which version and which hashes, the names which of its packages the image has: it leaves some away.
What the base image brings is not in it.
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path


def normal(name: str) -> str:
    """Return a package's name as an index compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def installed(lock: str, names: Iterable[str]) -> str:
    """Return the lock's entries of the packages with these names.

    Raises:
        ValueError: Ours: a name is not in the lock.
    """
    entries = re.split(r"\n(?=[A-Za-z0-9])", re.sub(r"^\s*#.*\n", "", lock, flags=re.MULTILINE).strip())
    by_name = {normal(re.split(r"[=\[ ;]", entry, maxsplit=1)[0]): entry for entry in entries}
    wanted = {normal(name) for name in names}
    if missing := sorted(wanted - by_name.keys()):
        raise ValueError(f"the image has {', '.join(missing)}, which its lock does not name")
    return "\n".join(by_name[name] for name in sorted(wanted)) + "\n"


def main() -> None:
    """Print it."""
    names, lock, version = sys.argv[1:]
    try:
        kept = installed(Path(lock).read_text(), Path(names).read_text().split())
    except ValueError as error:
        sys.exit(str(error))
    command = [sys.executable, "-m", "cyclonedx_py", "requirements", "--output-reproducible", "--output-format", "JSON"]
    run = subprocess.run([*command, "-"], input=kept, capture_output=True, text=True, check=False)
    if run.returncode:
        sys.exit(f"cyclonedx-py: {run.stderr.strip()}")
    bill = json.loads(run.stdout)
    bill["metadata"]["component"] = {"type": "container", "name": "flight-delay-transformer", "version": version}
    print(json.dumps(bill, indent=1))


if __name__ == "__main__":
    main()
