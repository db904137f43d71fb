"""``make release``: from a commit and a table of flights to a promoted version, and a worse one is refused.

What is served is asked all the while, every answer checked. The registry, the bucket and the cluster are real, the
table is made here.
"""

import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from random import Random

import numpy as np
import pytest
import xgboost
import yaml

from flights import bundle
from tests.chart.rendering import CHART, ROOT, merged
from tests.e2e.asking import BUNDLE, MODEL, ask
from tests.e2e.flight_load import ROWS, FlightLoad
from tests.e2e.release import Namespace
from tests.e2e.rollouts import weights
from tests.unit.training.conftest import Row, make_row, make_year, write_table

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(600)]

# A model of made flights says something else than the shipped one, and a request's duration is the machine's here.
RULES = (
    "--steps 50,100 --interval 6 --wait 80 --allow-p95-ratio 4 --refuse-p95-ratio 12 --allow-psi 50 --refuse-psi 100"
)

BUILD_TOOLS = {"CONTAINER_TOOL": "buildah", "BUILD_TOOL": f"{ROOT / '../shared/cluster/cluster'} image"}
"""The test cluster's own; BUILD_TOOLS=docker: Docker."""
if os.environ.get("BUILD_TOOLS") == "docker":
    BUILD_TOOLS = {"CONTAINER_TOOL": "docker"}


class Known(Mapping[str, Sequence[float]]):
    """What the shipped flights' probabilities are, by version: of the shipped bundle and of the one in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: dict[str, Sequence[float]] = {BUNDLE.version: BUNDLE.golden.probabilities}

    def __getitem__(self, version: str) -> Sequence[float]:
        if version not in self._known:
            found = bundle.decode(self._folder)
            if found.version != version:
                raise KeyError(version)
            matrix = found.encoder.encode(BUNDLE.golden.flights()).matrix().astype(np.float32)
            booster = xgboost.Booster({"nthread": 1}, model_file=self._folder / bundle.BOOSTER)
            self._known[version] = booster.predict(xgboost.DMatrix(matrix, nthread=1)).tolist()
        return self._known[version]

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)


class Release:
    """``make release`` into a namespace, a bucket and a folder of the registry of its own."""

    def __init__(self, namespace: Namespace, bucket: str, folder: Path) -> None:
        self.folder = folder / "out"
        values = merged(
            (
                yaml.safe_load((CHART / "values-local.yaml").read_text()),
                {
                    "autoscaling": {"mode": "none"},
                    "transformer": {"resources": {"requests": {"cpu": "50m"}}},
                    "runtime": {"resources": {"requests": {"cpu": "50m"}}},
                },
            )
        )
        del values["transformer"]["image"]
        (folder / "values.yaml").write_text(yaml.safe_dump(values))
        self._environment = {
            **os.environ,
            "REGISTRY": f"{os.environ['REGISTRY']}/{namespace.name}",
            "PLAIN_HTTP": "1",
            **BUILD_TOOLS,
            "BUCKET": bucket,
            "NAMESPACE": namespace.name,
            "VALUES": str(folder / "values.yaml"),
            "RELEASE_OUT": str(self.folder),
            "ROLLOUT_ARGS": RULES,
            "COMMIT": _head(),
        }

    def __call__(self, target: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run it, or one step of it, to its end."""
        command = ["make", "release"] if target == "all" else [f"scripts/release/{target}.sh"]
        environment = {**self._environment, **variables}
        return subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=400, check=False
        )


def _head() -> str:
    return subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True).stdout[
        :40
    ]


def learnt_nothing(rows: Sequence[Row]) -> list[Row]:
    """Return the flights with the delays of January to October drawn anew, at random."""
    random = Random(3)
    found = []
    for row in rows:
        scheduled = datetime.fromisoformat(row["Fecha-I"])
        if scheduled.month > 10:
            found.append(row)
            continue
        delay = random.randrange(16, 120) if random.random() < 0.2 else random.randrange(-10, 16)
        kept = {name: row[name] for name in ("Des-I", "Emp-I", "Des-O", "Emp-O", "TIPOVUELO")}
        found.append(make_row(row["Fecha-I"], delay, **kept))
    return found


@pytest.fixture(scope="module")
def release(namespace, bucket, tmp_path_factory) -> Release:
    return Release(namespace, bucket.name, tmp_path_factory.mktemp("release"))


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    """Flights of the airlines and to the destinations that the load asks for."""
    airlines, destinations = (
        sorted({str(BUNDLE.golden.columns[field][row]) for row in ROWS}) for field in ("Emp-I", "Des-I")
    )
    return make_year(8000, airlines=airlines, destinations=destinations)


@pytest.fixture(scope="module")
def installed(release, namespace) -> str:
    """The Gateway in front of a release that was installed from the registry, serving the shipped bundle."""
    for step in ("image", "chart", "deploy"):
        run = release(step)
        assert run.returncode == 0, run.stdout + run.stderr
    address = namespace.gateway()
    namespace.wait("an answer", lambda: ask(address, f"{MODEL}/ready")[0] == 200, seconds=60)
    return address


@pytest.fixture
def load(installed, release) -> Iterator[FlightLoad]:
    """Load for the whole test, of which nothing may be lost or wrong."""
    with FlightLoad(installed, Known(release.folder / "challenger"), pause_s=0.02) as load:
        yield load
    assert not load.faults, load.faults
    assert load.count > 100


def images(namespace: Namespace) -> set[str]:
    """Return what the transformers of all pods run, of those that end too."""
    pods = namespace.core.list_namespaced_pod(namespace.name).items
    return {each.image for pod in pods for each in pod.spec.containers if each.name == "transformer-container"}


def test_the_pods_run_the_image_of_the_registry_by_its_digest(installed, release, namespace):
    image = (release.folder / "image").read_text().strip()
    assert image.startswith(os.environ["REGISTRY"])
    assert "@sha256:" in image
    assert images(namespace) == {image}


def test_an_image_whose_pods_do_not_come_is_undone(release, namespace, load):
    served = (release.folder / "image").read_text()
    broken = served.partition("@")[0] + "@sha256:" + "0" * 64
    (release.folder / "image").write_text(broken)
    try:
        run = release("deploy", PODS_WAIT="40")
    finally:
        (release.folder / "image").write_text(served)
    assert run.returncode == 1, run.stdout + run.stderr
    assert "0 of 1 pods of it" in run.stderr
    assert f"{BUNDLE.version}: " in run.stderr
    assert run.stderr.count(broken) > 1, run.stderr  # the containers' own words name it too
    assert "undone: helm rollback" in run.stderr
    namespace.wait("the pods of before alone", lambda: images(namespace) == {served.strip()}, seconds=60)


def test_from_a_commit_to_a_promoted_version(release, namespace, rows, load, tmp_path):
    run = release("all", DATA=str(write_table(tmp_path / "flights.csv", rows)))
    assert run.returncode == 0, run.stdout + run.stderr
    version, _ = (release.folder / "bundle").read_text().split()
    assert weights(namespace) == {BUNDLE.version: 0, version: 100}
    assert "step passed" in (release.folder / "rollout.html").read_text()


def test_the_same_again_changes_nothing(release, namespace, rows, load, tmp_path):
    before = weights(namespace)
    run = release("all", DATA=str(write_table(tmp_path / "flights.csv", rows)))
    assert run.returncode == 0, run.stdout + run.stderr
    assert "is what is served" in run.stderr
    assert weights(namespace) == before


def test_a_worse_model_is_refused_once_and_what_is_served_stays(release, namespace, rows, load, tmp_path):
    before, served = weights(namespace), (release.folder / "bundle").read_text()
    data = str(write_table(tmp_path / "flights.csv", learnt_nothing(rows)))
    for again in ("", "1"):
        run = release("bundle", DATA=data, AGAIN=again)
        assert run.returncode == 1, run.stdout + run.stderr
        assert "is refused" in run.stderr
        assert not (release.folder / "bundle").exists()
    run = release("all", DATA=data)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "was refused before" in run.stderr
    assert (release.folder / "bundle").read_text() == served
    assert weights(namespace) == before
