"""Writes an image into a chart's values: python -m scripts.release.chart_image VALUES REPOSITORY@DIGEST."""

import re
import sys
from pathlib import Path


def with_image(values: str, image: str) -> str:
    """Return the values with another repository and digest of the transformer's image; comments stay.

    Raises:
        ValueError: Ours: they are not written as expected.
    """
    repository, _, digest = image.partition("@")
    head, found, rest = values.partition("\ntransformer:")
    for key, value in (("repository", repository), ("digest", digest)):
        rest, count = re.subn(rf"^( +{key}:).*$", rf"\1 {value}", rest, count=1, flags=re.MULTILINE)
        if not found or not count or not value:
            raise ValueError(f"{image}: transformer.image.{key} cannot be written into the values")
    return head + found + rest


def main() -> None:
    """Write it."""
    path, image = Path(sys.argv[1]), sys.argv[2]
    try:
        path.write_text(with_image(path.read_text(), image))
    except ValueError as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
