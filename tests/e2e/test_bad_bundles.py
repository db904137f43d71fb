"""Bundles that must not serve never become ready, say why, and leave the good version alone."""

import shutil
from pathlib import Path

import pytest

from flights import bundle as bundles
from flights import manifest
from flights.manifest import Manifest
from tests.chart.rendering import CHART
from tests.e2e.asking import BUNDLE, GOLDEN, MODEL, SHIPPED, ask

pytestmark = pytest.mark.cluster


SAVED_BY = b"\x07version[#L\0\0\0\0\0\0\0\x03"
"""What comes before the three numbers of the xgboost that saved a booster, at the end of the file."""


def saved_by_xgboost_3(folder: Path) -> None:
    """Make the bundle one whose booster says that xgboost 3.1.4 saved it, whole in all else."""
    described, files = manifest.read(folder)
    booster = files[bundles.BOOSTER]
    at = booster.rindex(SAVED_BY) + len(SAVED_BY)
    assert booster[at : at + 4] == b"i\x02i\x01"
    files[bundles.BOOSTER] = booster[: at + 1] + b"\x03" + booster[at + 2 :]
    (folder / bundles.BOOSTER).write_bytes(files[bundles.BOOSTER])
    again = Manifest.of(files, described.provenance, "newer")
    (folder / manifest.PATH).write_bytes(again.encode())


@pytest.fixture(scope="module")
def address(namespace, bucket, tmp_path_factory) -> str:
    """The Gateway in front of the shipped version and of others that must not serve."""
    altered, newer = (tmp_path_factory.mktemp("bundles") / name for name in ("altered", "newer"))
    for folder in (altered, newer):
        shutil.copytree(SHIPPED, folder)
    saved_by_xgboost_3(newer)
    encoder = altered / "contract/encoder.json"
    encoder.write_bytes(encoder.read_bytes() + b" ")
    shipped = bucket.upload(SHIPPED, BUNDLE.version)
    versions = {
        BUNDLE.version: {"bundle": shipped, "weight": 100},
        "altered": {"bundle": bucket.upload(altered, "altered"), "weight": 0},
        "misnamed": {"bundle": shipped, "weight": 0},
        "newer": {"bundle": bucket.upload(newer, "newer"), "weight": 0},
        "missing": {"bundle": f"gs://{bucket.name}/missing", "weight": 0},
    }
    namespace.helm("install", str(CHART), values={"versions": versions})
    address = namespace.gateway()
    namespace.wait("an answer", lambda: ask(address, f"{MODEL}/ready")[0] == 200, seconds=240)
    return address


@pytest.mark.parametrize(
    ("version", "reason"),
    [
        ("altered", "contract/encoder.json"),
        ("misnamed", f"the bundle is version {BUNDLE.version}: it must be misnamed"),
        ("newer", "model.ubj was saved by xgboost 3.1.4: the runtime reads only 2.1.x correctly"),
    ],
    ids=["altered", "misnamed", "newer"],
)
def test_says_why_in_its_log_and_is_never_ready(namespace, address, version, reason):
    namespace.wait(f"{reason!r} in the log", lambda: reason in namespace.log(version), seconds=120)
    assert not namespace.is_ready(version)


def test_a_bundle_that_is_not_there_is_told_in_the_status(namespace, address):
    def told() -> bool:
        return "missing" in namespace.service("missing").get("status", {}).get("modelStatus", {}).get(
            "lastFailureInfo", {}
        ).get("message", "")

    namespace.wait("the failed download", told, seconds=120)


@pytest.mark.parametrize("version", ["altered", "misnamed", "newer", "missing"])
def test_gets_no_answer_when_it_is_named(address, version):
    assert ask(address, f"{MODEL}/infer", GOLDEN, x_model_version=version)[0] == 503


def test_the_good_version_serves_meanwhile(address):
    status, headers, _ = ask(address, f"{MODEL}/infer", GOLDEN)
    assert (status, headers["x-model-version"]) == (200, BUNDLE.version)
