"""What all tests share: which of them can run here."""

import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parent.parent
SCL_DATA = Path(os.environ.get("SCL_DATA", REPOSITORY.parent / "shared" / "data" / "dataset_SCL.csv.gz"))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect, and so count and show, the tests of the real data where it is absent."""
    if SCL_DATA.is_file():
        return
    deselected = [item for item in items if item.get_closest_marker("scl")]
    if deselected:
        config.hook.pytest_deselected(items=deselected)
        items[:] = [item for item in items if item not in deselected]


@pytest.fixture(scope="session")
def scl_data() -> Path:
    return SCL_DATA
