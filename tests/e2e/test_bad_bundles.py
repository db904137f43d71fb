"""Bundles that must not serve never become ready, say why, and leave the good version alone."""

import shutil

import pytest

from tests.chart.rendering import CHART
from tests.e2e.asking import BUNDLE, GOLDEN, MODEL, SHIPPED, ask

pytestmark = pytest.mark.cluster


@pytest.fixture(scope="module")
def address(namespace, bucket, tmp_path_factory) -> str:
    """The Gateway in front of the shipped version, of one that was altered and of one under another's name."""
    altered = tmp_path_factory.mktemp("bundles") / "altered"
    shutil.copytree(SHIPPED, altered)
    encoder = altered / "contract/encoder.json"
    encoder.write_bytes(encoder.read_bytes() + b" ")
    shipped = bucket.upload(SHIPPED, BUNDLE.version)
    versions = {
        BUNDLE.version: {"bundle": shipped, "weight": 100},
        "altered": {"bundle": bucket.upload(altered, "altered"), "weight": 0},
        "misnamed": {"bundle": shipped, "weight": 0},
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
    ],
    ids=["altered", "misnamed"],
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


@pytest.mark.parametrize("version", ["altered", "misnamed", "missing"])
def test_gets_no_answer_when_it_is_named(address, version):
    assert ask(address, f"{MODEL}/infer", GOLDEN, x_model_version=version)[0] == 503


def test_the_good_version_serves_meanwhile(address):
    status, headers, _ = ask(address, f"{MODEL}/infer", GOLDEN)
    assert (status, headers["x-model-version"]) == (200, BUNDLE.version)
