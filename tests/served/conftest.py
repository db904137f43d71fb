import pytest

from flights import bundle as bundles
from scripts.ports import free_ports
from tests.served import small_bundle
from tests.served.pair import Pair
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


@pytest.fixture(scope="session")
def pair(tmp_path_factory, bundle):
    """A transformer with a runtime behind it, for every module that leaves them as they are."""
    starter = Starter(tmp_path_factory.mktemp("pair"))
    yield _start_pair(starter, bundle)
    starter.end_all()


@pytest.fixture(scope="session")
def start_pair():
    """Starts a transformer, with further arguments, in front of a runtime."""
    return _start_pair


def _start_pair(start, bundle, *arguments):
    runtime_http, runtime_grpc, http_port, grpc_port = free_ports(4)
    local = ("--model_name", "flight-delay", "--host", "127.0.0.1")
    start(
        *("-m", "model_server", *local, "--model_dir", bundle, "--nthread", 1),
        *("--http_port", runtime_http, "--grpc_port", runtime_grpc),
        env={"OMP_NUM_THREADS": "1", "KSERVE_LOGLEVEL": "WARNING"},
    )
    transformer = start(
        *("-m", "transformer", *local, "--bundle", bundle, "--predictor_host", f"127.0.0.1:{runtime_grpc}"),
        *("--http_port", http_port, "--grpc_port", grpc_port, "--page", *arguments),
        until=(http_port, "/v2/models/flight-delay/ready"),
    )
    return Pair(transformer, http_port, grpc_port, bundles.decode(bundle))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport():
    report = yield
    if report.failed:
        for running in ALIVE:
            log = f"{running.stdout}\n{running.stderr}"
            report.sections.append((f"log of {' '.join(running.command)}", log))
    return report
