"""Files and bundles in a bucket, where nothing is ever overwritten.

python -m scripts.release.bucket put FILE gs://BUCKET/NAME
python -m scripts.release.bucket has gs://BUCKET/NAME
python -m scripts.release.bucket put-bundle FOLDER gs://BUCKET/NAME
python -m scripts.release.bucket get-bundle gs://BUCKET/NAME FOLDER
"""

import os
import sys
from pathlib import Path

from google.api_core.exceptions import GoogleAPIError, PreconditionFailed
from google.auth.credentials import AnonymousCredentials
from google.auth.exceptions import GoogleAuthError
from google.cloud import storage

from flights import bundle
from flights.errors import InvalidBundle

DESCRIPTION = "contract/manifest.json"
"""Uploaded last: a bundle that has it is whole. It tells of the report too, which may differ from run to run."""


class Refused(Exception):
    """What is in the bucket is something else, or is not there."""


def client() -> storage.Client:
    """Return a client of the store; an emulator takes no credentials."""
    if os.environ.get("STORAGE_EMULATOR_HOST"):
        return storage.Client(project="emulator", credentials=AnonymousCredentials())  # type: ignore[no-untyped-call]
    return storage.Client()


def parts(address: str) -> tuple[str, str]:
    """Return bucket and name of a ``gs://`` address.

    Raises:
        Refused: It is none.
    """
    bucket, _, name = address.removeprefix("gs://").partition("/")
    if not address.startswith("gs://") or not bucket or not name.strip("/"):
        raise Refused(f"{address!r} must be gs://BUCKET/NAME")
    return bucket, name.strip("/")


def put(store: storage.Client, content: bytes, address: str, *, same: bool = True) -> bool:
    """Write an object if it is not there; return whether it was written.

    Args:
        store: The store.
        content: What to write.
        address: Its ``gs://`` address.
        same: Whether an object that is there must have this content.

    Raises:
        Refused: It is there with other content.
    """
    bucket, name = parts(address)
    blob = store.bucket(bucket).blob(name)
    try:
        blob.upload_from_string(content, if_generation_match=0)
    except PreconditionFailed:
        if same and blob.download_as_bytes() != content:
            raise Refused(f"{address} is there with other content: nothing is overwritten") from None
        return False
    return True


def put_bundle(store: storage.Client, folder: Path, address: str) -> bool:
    """Upload a bundle; return whether it was new.

    Raises:
        Refused: The address holds another one.
        InvalidBundle: Ours: the folder holds no whole bundle.
    """
    bundle.decode(folder)
    bucket, prefix = parts(address)
    known = store.bucket(bucket).blob(f"{prefix}/{DESCRIPTION}").exists()
    names = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    for name in sorted(names, key=lambda name: name == DESCRIPTION):
        served = not name.startswith("report/") and name != DESCRIPTION
        if not known or served:
            put(store, (folder / name).read_bytes(), f"{address}/{name}", same=served or not known)
    return not known


def get_bundle(store: storage.Client, address: str, folder: Path) -> None:
    """Download a bundle and check it.

    Raises:
        Refused: Nothing is there.
        InvalidBundle: Ours: what is there is no whole bundle.
    """
    bucket, prefix = parts(address)
    blobs = list(store.list_blobs(bucket, prefix=f"{prefix}/"))
    if not blobs:
        raise Refused(f"{address} holds nothing")
    for blob in blobs:
        path = folder / blob.name.removeprefix(f"{prefix}/")
        path.parent.mkdir(parents=True, exist_ok=True)
        blob.download_to_filename(path)
    bundle.decode(folder)


def main() -> None:
    """Do what the first argument says."""
    try:
        match sys.argv[1:]:
            case ["put", file, address]:
                new = put(client(), Path(file).read_bytes(), address)
                print(f"{address}: {'uploaded' if new else 'is there'}", file=sys.stderr)
            case ["has", address]:
                bucket, name = parts(address)
                print("yes" if client().bucket(bucket).blob(name).exists() else "no")
            case ["put-bundle", folder, address]:
                new = put_bundle(client(), Path(folder), address)
                print(f"{address}: {'uploaded' if new else 'is there'}", file=sys.stderr)
            case ["get-bundle", address, folder]:
                get_bundle(client(), address, Path(folder))
            case _:
                sys.exit(__doc__)
    except (Refused, InvalidBundle, GoogleAPIError, GoogleAuthError, OSError) as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
