"""cloudbuild.yaml, deploy/terraform and the GitHub workflow name only what there is, and ask for no more than is needed."""

import re

import hcl2
import pytest
import yaml

from tests.chart.rendering import ROOT

BUILD_TEXT = (ROOT / "cloudbuild.yaml").read_text()
BUILD = yaml.safe_load(BUILD_TEXT)
WORKFLOW = yaml.safe_load((ROOT / ".github/workflows/ci.yaml").read_text())
TERRAFORM = {path.name: path.read_text() for path in sorted((ROOT / "deploy/terraform").glob("*.tf"))}
TARGETS = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))

OURS_TO_GIVE = {"PROJECT_ID", "COMMIT_SHA", "SHORT_SHA", "BUILD_ID"}
"""What Cloud Build substitutes by itself."""

ROLES = {
    "roles/artifactregistry.writer",
    "roles/storage.objectCreator",
    "roles/storage.objectViewer",
    "roles/logging.logWriter",
    "roles/containeranalysis.notes.editor",
    "roles/containeranalysis.occurrences.editor",
    "roles/container.developer",
    "roles/iam.workloadIdentityUser",
}


def commands(text):
    return set(re.findall(r"scripts/[\w/]+\.sh", text)), {
        target for line in re.findall(r"\bmake((?: [a-z][a-z0-9-]*)+)", text) for target in line.split()
    }


@pytest.mark.parametrize("path", ["cloudbuild.yaml", ".github/workflows/ci.yaml"])
def test_every_script_and_target_is_there(path):
    text = "\n".join(line for line in (ROOT / path).read_text().splitlines() if not line.lstrip().startswith("#"))
    scripts, targets = commands(text.replace("-y make", ""))
    assert targets
    for script in scripts:
        assert (ROOT / script).stat().st_mode & 0o100, script
    assert targets <= TARGETS


def test_cloud_build_takes_every_step_of_make_release_in_its_order():
    (steps,) = re.findall(r"for step in (.*); do", (ROOT / "scripts/release/all.sh").read_text())
    found = re.findall(r"scripts/release/(\w+)\.sh", "\n".join(BUILD_TEXT.splitlines()[6:]))
    assert found == steps.split()


def test_every_substitution_is_declared_and_used():
    body = BUILD_TEXT.replace("$$", "")
    used = set(re.findall(r"\$\{?([A-Z_]+)", body))
    declared = set(BUILD["substitutions"])
    assert used - OURS_TO_GIVE == declared


def test_cloud_build_tests_before_it_pushes_and_judges_before_it_rolls_out():
    ids = [step["id"] for step in BUILD["steps"]]
    assert ids == ["tools", "check", "image", "sbom", "chart", "deploy", "bundle", "roll-out"]
    assert all("waitFor" not in step and "allowFailure" not in step for step in BUILD["steps"])
    assert "make check test" in BUILD["steps"][1]["args"][1]


def test_cloud_build_logs_verifies_and_runs_as_its_own_account():
    assert BUILD["options"]["logging"] == "CLOUD_LOGGING_ONLY"
    assert BUILD["options"]["requestedVerifyOption"] == "VERIFIED"
    assert BUILD["serviceAccount"].endswith("/flight-delay-build@$PROJECT_ID.iam.gserviceaccount.com")
    assert 3600 <= int(BUILD["timeout"].removesuffix("s")) <= 86400


def test_nothing_is_called_latest_and_the_image_has_the_projects_version():
    for text in (BUILD_TEXT, (ROOT / "scripts/kind.sh").read_text()):
        assert "latest" not in text
        assert ":stable" not in text
    (number,) = re.findall(r'^version = "(.*)"$', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert BUILD["substitutions"]["_VERSION"] == number


def test_terraform_parses():
    for text in TERRAFORM.values():
        assert hcl2.loads(text)


def test_terraform_gives_only_roles_of_the_list():
    given = set(
        re.findall(r"roles/[\w.]+", "\n".join(line.split("#")[0] for line in "".join(TERRAFORM.values()).split("\n")))
    )
    assert given == ROLES


def test_every_variable_of_terraform_is_described_and_used():
    declared = re.findall(r'^variable "(\w+)" \{\n  description = "[^"]+\."$', TERRAFORM["variables.tf"], re.MULTILINE)
    assert len(declared) == TERRAFORM["variables.tf"].count("variable ")
    elsewhere = "".join(text for name, text in TERRAFORM.items() if name != "variables.tf")
    assert set(re.findall(r"\bvar\.(\w+)", elsewhere)) == set(declared)


def test_terraform_substitutes_only_what_cloud_build_declares():
    assert set(re.findall(r"^\s+(_[A-Z]+)\s+=", TERRAFORM["triggers.tf"], re.MULTILINE)) <= set(BUILD["substitutions"])


def test_a_pull_request_may_only_read():
    assert WORKFLOW["permissions"] == {"contents": "read"}
    assert WORKFLOW[True] == {"pull_request": None}  # YAML's `on`
    for job in WORKFLOW["jobs"].values():
        assert "permissions" not in job
        assert job["timeout-minutes"] <= 90
        for step in job["steps"]:
            assert "uses" not in step or re.fullmatch(r"actions/[\w-]+@v\d+", step["uses"])


def test_the_clusters_parts_are_those_of_the_documentation():
    text = (ROOT / "scripts/kind.sh").read_text()
    documented = (ROOT / "docs/gke.md").read_text()
    for name, shown in (("kserve", "KServe"), ("envoy", "Envoy Gateway")):
        (version,) = re.findall(rf"\b{name}=v(\d+\.\d+)\.\d+", text)
        assert f"{shown} {version}" in documented
