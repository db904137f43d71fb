"""A bucket of the store behind STORAGE_EMULATOR_HOST, over its JSON API."""

import json
import os
import urllib.parse
import urllib.request
from pathlib import Path


class Bucket:
    """A bucket that is there from now on.

    Args:
        name: Its name, unique to the test run.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._store = os.environ["STORAGE_EMULATOR_HOST"].rstrip("/")
        self._post("/storage/v1/b?project=e2e", json.dumps({"name": name}).encode())

    def upload(self, folder: Path, prefix: str) -> str:
        """Copy a folder into the bucket and return its ``gs://`` address."""
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                name = urllib.parse.quote(f"{prefix}/{path.relative_to(folder)}", safe="")
                self._post(f"/upload/storage/v1/b/{self.name}/o?uploadType=media&name={name}", path.read_bytes())
        return f"gs://{self.name}/{prefix}"

    def _post(self, path: str, body: bytes) -> None:
        request = urllib.request.Request(self._store + path, body, {"content-type": "application/json"})
        with urllib.request.urlopen(request, timeout=10):
            pass
