"""Prints the digest of an image in a registry, or nothing: python -m scripts.release.registry REPOSITORY TAG."""

import argparse
import subprocess
import sys
import urllib.error
import urllib.request

ACCEPTED = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)


def digest(repository: str, tag: str, *, plain_http: bool) -> str:
    """Return ``sha256:...``, or an empty text if the registry does not have the tag.

    Raises:
        SystemExit: The registry cannot be asked, or refuses.
    """
    host, _, name = repository.partition("/")
    url = f"{'http' if plain_http else 'https'}://{host}/v2/{name}/manifests/{tag}"
    headers = {"accept": ", ".join(ACCEPTED)}
    if host.endswith("-docker.pkg.dev"):
        token = subprocess.run(["gcloud", "auth", "print-access-token"], capture_output=True, text=True, check=True)
        headers["authorization"] = f"Bearer {token.stdout.strip()}"
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers, method="HEAD"), timeout=30) as answer:
            return str(answer.headers["docker-content-digest"])
    except urllib.error.HTTPError as error:
        if error.code == 404:
            return ""
        sys.exit(f"{host} answers {error.code} when asked for {name}:{tag}")
    except OSError as error:
        sys.exit(f"REGISTRY {host} cannot be asked: {error}")


def main() -> None:
    """Print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("repository")
    parser.add_argument("tag")
    parser.add_argument("--plain-http", action="store_true")
    given = parser.parse_args()
    print(digest(given.repository, given.tag, plain_http=given.plain_http))


if __name__ == "__main__":
    main()
