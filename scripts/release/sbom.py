"""Prints a CycloneDX SBOM of an image's packages: python -m scripts.release.sbom NAMES LOCK VERSION STATUS SYSTEM.

Of Python's, the lock says which version and which hashes, and NAMES which of its packages the image has: it leaves some
away. Of the base image's, STATUS is dpkg's own list (/var/lib/dpkg/status) and SYSTEM its /etc/os-release; both may be
empty, for a base that has no such list.
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterable
from email.parser import HeaderParser
from pathlib import Path
from urllib.parse import quote


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


def of_the_base(status: str, system: str) -> list[dict[str, str]]:
    """Return the components that dpkg's list says are installed.

    Args:
        status: Content of /var/lib/dpkg/status: paragraphs of fields, as in a mail's head.
        system: Content of /etc/os-release.
    """
    (distribution,) = re.findall(r"^ID=\"?([\w.-]+)", system, re.MULTILINE) or ["linux"]
    components = []
    for paragraph in re.split(r"\n\s*\n", status.strip()):
        package = HeaderParser().parsestr(paragraph)
        if package["Status"] != "install ok installed":
            continue
        name, version, architecture = (str(package[field]) for field in ("Package", "Version", "Architecture"))
        address = f"pkg:deb/{distribution}/{name}@{quote(version, safe='')}?arch={architecture}"
        components.append({"bom-ref": address, "type": "library", "name": name, "version": version, "purl": address})
    return sorted(components, key=lambda component: component["purl"])


def main() -> None:
    """Print it."""
    names, lock, version, status, system = sys.argv[1:]
    try:
        kept = installed(Path(lock).read_text(), Path(names).read_text().split())
    except ValueError as error:
        sys.exit(str(error))
    command = [sys.executable, "-m", "cyclonedx_py", "requirements", "--output-reproducible", "--output-format", "JSON"]
    run = subprocess.run([*command, "-"], input=kept, capture_output=True, text=True, check=False)
    if run.returncode:
        sys.exit(f"cyclonedx-py: {run.stderr.strip()}")
    bill = json.loads(run.stdout)
    bill["components"] += of_the_base(Path(status).read_text(), Path(system).read_text())
    bill["metadata"]["component"] = {"type": "container", "name": "flight-delay-transformer", "version": version}
    print(json.dumps(bill, indent=1))


if __name__ == "__main__":
    main()
