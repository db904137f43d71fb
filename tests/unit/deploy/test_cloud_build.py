"""cloudbuild.yaml can only be tried in Google's cloud: what can be wrong in the file itself is looked for here."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

TEXT = Path("cloudbuild.yaml").read_text()
BUILD = yaml.safe_load(TEXT)
STEPS = {step["id"]: step for step in BUILD["steps"]}


def seconds(duration: str) -> int:
    return int(duration.removesuffix("s"))


@pytest.mark.parametrize("script", sorted(set(re.findall(r"\bscripts/[\w/]+\.sh", TEXT))))
def test_every_script_that_a_step_calls_exists_and_is_executable(script):
    assert Path(script).stat().st_mode & 0o111


def test_every_module_and_target_that_a_step_calls_exists():
    for module in re.findall(r"-m (scripts\.[\w.]+)", TEXT):
        assert Path(*module.split(".")).with_suffix(".py").exists(), module
    targets = re.findall(r"^([a-z0-9-]+):", Path("Makefile").read_text(), re.MULTILINE)
    for words in re.findall(r"script: make ([a-z0-9 -]+)$", TEXT, re.MULTILINE):
        assert set(words.split()) <= set(targets)


def test_every_substitution_is_declared_and_used():
    _, used_in = TEXT.split("\nserviceAccount:")
    modules = Path("scripts/cloud_values.py").read_text()
    used = {name for text in (used_in, modules) for name in re.findall(r"\b_[A-Z][A-Z_]+\b", text)}
    assert used == BUILD["substitutions"].keys()


def test_every_step_runs_a_pinned_image_or_one_that_an_earlier_step_built():
    built: set[str] = set()
    for step in STEPS.values():
        _, _, tag = step["name"].partition(":")
        assert step["name"] in built or re.match(r"\d", tag), step["name"]
        if "--tag" in step.get("args", []):
            built.add(step["args"][step["args"].index("--tag") + 1])


def test_the_builder_starts_from_a_pinned_image():
    assert re.search(r"^ARG CLOUD_CLI=\S+:\d[\d.]+$", Path("deploy/builder/Dockerfile").read_text(), re.MULTILINE)


def test_every_step_ends_in_time():
    limits = [seconds(step["timeout"]) for step in STEPS.values()]
    assert max(limits) < seconds(BUILD["timeout"])


def test_builds_have_an_account_of_their_own_log_to_cloud_logging_and_are_vouched_for():
    assert BUILD["serviceAccount"].endswith("/serviceAccounts/${_BUILD_ACCOUNT}")
    assert BUILD["options"]["logging"] == "CLOUD_LOGGING_ONLY"
    assert BUILD["options"]["requestedVerifyOption"] == "VERIFIED"


def test_the_image_that_is_vouched_for_is_the_one_that_the_scripts_push():
    number = tomllib.loads(Path("pyproject.toml").read_text())["project"]["version"]
    assert BUILD["substitutions"]["_VERSION"] == number
    assert 'version="$number-g${commit:0:12}"' in Path("scripts/release/common.sh").read_text()
    (image,) = BUILD["images"]
    assert image.endswith("/flight-delay-transformer:${_VERSION}-g${COMMIT_SHA:0:12}")


def test_nothing_is_pushed_before_the_checks_and_nothing_rolled_out_before_it_is_judged():
    assert list(STEPS) == ["builder", "check", "image", "chart", "deploy", "bundle", "rollout"]
    assert not any(step.get("allowFailure") or step.get("waitFor") for step in STEPS.values())


def run_without_a_table(step: str, **substitutions: str) -> subprocess.CompletedProcess[str]:
    declared = {name: value for name, value in BUILD["substitutions"].items() if name in ("_DATA", "_AGAIN")}
    return subprocess.run(
        ["/bin/sh", "-c", STEPS[step]["script"]],
        env=declared | substitutions,  # and no PATH: nothing else can be called
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("step", ["bundle", "rollout"])
def test_without_a_table_nothing_is_trained_and_nothing_rolled_out(step):
    run = run_without_a_table(step)
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")


def test_a_tag_without_a_table_fails_and_says_why():
    run = run_without_a_table("bundle", _AGAIN="1")
    assert (run.returncode, run.stderr) == (2, "_DATA is empty: there is no table to train on\n")
