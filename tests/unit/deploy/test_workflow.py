import re
from pathlib import Path

import yaml

PATH = Path(".github/workflows/ci.yaml")
WORKFLOW = yaml.safe_load(PATH.read_text())
STEPS = [step for job in WORKFLOW["jobs"].values() for step in job["steps"]]
KIND = Path("deploy/kind/up.sh").read_text()


def targets(makefile: str) -> set[str]:
    return set(re.findall(r"^([a-z0-9-]+):", makefile, re.MULTILINE))


def test_every_target_that_it_makes_exists():
    made = {name for step in STEPS for name in re.findall(r"\bmake ([a-z0-9-]+)", step.get("run", ""))}
    assert made == {"install", "check", "site", "image", "e2e"}
    assert made <= targets(Path("Makefile").read_text())


def test_it_reads_the_repository_and_writes_nothing():
    assert WORKFLOW["permissions"] == {"contents": "read"}
    assert not any("permissions" in job for job in WORKFLOW["jobs"].values())
    for step in STEPS:
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False


def test_every_action_has_a_version_and_every_job_an_end():
    assert all(re.fullmatch(r"[\w/-]+@v\d+", step["uses"]) for step in STEPS if "uses" in step)
    assert all(job["timeout-minutes"] for job in WORKFLOW["jobs"].values())


def test_the_cluster_has_the_runtime_image_that_is_built_for_it():
    (built,) = [step["env"]["RUNTIME_IMAGE"] for step in STEPS if step.get("run") == "make image"]
    assert f"kserve={built.partition(':')[2]}\n" in KIND
    assert built in Path("scripts/image.sh").read_text()


def test_the_cluster_tells_what_the_tests_ask_for():
    (names,) = re.findall(r"^for name in (.*); do$", Path("scripts/e2e.sh").read_text(), re.MULTILINE)
    assert set(names.split()) == set(re.findall(r'^echo "(\w+)=', KIND, re.MULTILINE))


def test_what_the_cluster_is_made_of_is_pinned():
    installed = re.findall(r"^ +helm install .*?(?=^ +(?:helm|kubectl)|^$|^\})", KIND, re.MULTILINE | re.DOTALL)
    assert len(installed) == 6
    assert all("--version" in each for each in installed)
    images = [*Path("deploy/kind").glob("*.yaml")]
    named = re.findall(r"image: (\S+)", "\n".join(path.read_text() for path in images))
    assert len(named) == 2
    assert all(re.search(r":v?\d", image) for image in named)
