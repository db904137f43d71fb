"""What a project is given: Terraform's module, and the build's rights in the cluster."""

import re
from pathlib import Path
from typing import Any

import hcl2
import pytest
import yaml

MODULE = Path("deploy/terraform")
TEXT = "\n".join(path.read_text() for path in sorted(MODULE.glob("*.tf")))
VARIABLES = hcl2.loads((MODULE / "variables.tf").read_text())["variable"]
ROLES = {
    "roles/artifactregistry.writer",
    "roles/container.clusterViewer",
    "roles/iam.workloadIdentityUser",
    "roles/iap.httpsResourceAccessor",
    "roles/logging.logWriter",
    "roles/storage.objectCreator",
    "roles/storage.objectViewer",
}
RIGHTS = [document for document in yaml.safe_load_all(Path("deploy/rbac.yaml").read_text()) if "rules" in document]


def unquoted(text: str) -> str:
    return text.strip('"')


@pytest.mark.parametrize("path", sorted(MODULE.glob("*.tf")), ids=lambda path: path.name)
def test_every_file_parses(path):
    assert hcl2.loads(path.read_text())


def test_nobody_gets_a_role_that_is_not_on_the_list():
    assert set(re.findall(r'"(roles/[^"]*)"', TEXT)) == ROLES
    assert TEXT.count("role ") == len(re.findall(r'role += (?:each\.key|"roles/[\w.]+")\n', TEXT))


def test_every_variable_is_described_and_used():
    for each in VARIABLES:
        ((name, variable),) = each.items()
        assert unquoted(variable["description"]).endswith(".")
        assert f"var.{unquoted(name)}" in TEXT


def test_triggers_set_substitutions_that_the_build_declares():
    declared = yaml.safe_load(Path("cloudbuild.yaml").read_text())["substitutions"]
    assert set(re.findall(r"\b(_[A-Z_]+) +=", TEXT)) <= declared.keys()


def test_the_bucket_is_closed_and_tags_stay():
    for line in ("uniform_bucket_level_access = true", 'public_access_prevention    = "enforced"'):
        assert line in TEXT
    assert "immutable_tags = true" in TEXT


def rendered() -> list[dict[str, Any]]:
    """What the chart makes on GKE, as k8s/ has it."""
    paths = [path for folder in ("base", "gke") for path in Path("k8s", folder).glob("*.yaml")]
    documents = [document for path in paths for document in yaml.safe_load_all(path.read_text())]
    # A list is a patch of what base has.
    return [each for each in documents if isinstance(each, dict) and each["kind"] != "Kustomization"]


def test_a_build_may_write_everything_that_the_chart_makes():
    (role,) = [document for document in RIGHTS if document["kind"] == "Role"]
    writable = {
        (group, resource)
        for rule in role["rules"]
        if {"create", "patch", "delete"} <= set(rule["verbs"])
        for group in rule["apiGroups"]
        for resource in rule["resources"]
    }
    for document in rendered():
        group, _, _ = document["apiVersion"].rpartition("/")
        resource = re.sub("icys$", "icies", f"{document['kind'].lower()}s")
        assert (group, resource) in writable, document["kind"]


def test_a_build_may_do_nothing_to_everything():
    rules = [rule for document in RIGHTS for rule in document["rules"]]
    assert not [rule for rule in rules if "*" in [*rule["apiGroups"], *rule["resources"], *rule["verbs"]]]
    (everywhere,) = [document for document in RIGHTS if document["kind"] == "ClusterRole"]
    assert everywhere["rules"] == [{"apiGroups": [""], "resources": ["namespaces"], "verbs": ["create"]}]
