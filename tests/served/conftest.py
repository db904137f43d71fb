import pytest

from tests.served import small_bundle
from tests.served.running import ALIVE, Starter


@pytest.fixture
def start(tmp_path):
    """Starts processes that end with the test."""
    starter = Starter(tmp_path)
    yield starter
    starter.end_all()


@pytest.fixture(scope="module")
def start_shared(tmp_path_factory):
    """Starts processes that end with the module."""
    starter = Starter(tmp_path_factory.mktemp("logs"))
    yield starter
    starter.end_all()


@pytest.fixture(scope="session")
def bundle(tmp_path_factory):
    """Folder of a small bundle; not to be written to."""
    folder = tmp_path_factory.mktemp("bundles") / "small"
    small_bundle.write(folder)
    return folder


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport():
    report = yield
    if report.failed:
        for running in ALIVE:
            log = f"{running.stdout}\n{running.stderr}"
            report.sections.append((f"log of {' '.join(running.command)}", log))
    return report
