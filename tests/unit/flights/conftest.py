import shutil
from pathlib import Path

import pytest

from flights.encoder import Encoder
from tests.flights import make_bundle, make_encoder


@pytest.fixture(scope="session")
def encoder() -> Encoder:
    return make_encoder()


@pytest.fixture(scope="session")
def whole_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_bundle(tmp_path_factory.mktemp("whole") / "bundle")


@pytest.fixture
def folder(tmp_path: Path, whole_bundle: Path) -> Path:
    """A whole bundle, to be broken."""
    return shutil.copytree(whole_bundle, tmp_path / "bundle")
