import subprocess

import pytest

from training import provenance as module
from training.cleaning import clean
from training.dataset import read


@pytest.fixture
def table(year_table):
    return read(year_table)


def git(folder, *arguments):
    identity = ["-c", "user.name=a", "-c", "user.email=a@b"]
    return subprocess.run(["git", "-C", str(folder), *identity, *arguments], check=True, capture_output=True, text=True)


@pytest.fixture
def repository(tmp_path, monkeypatch):
    (tmp_path / "training").mkdir()
    (tmp_path / "training" / "code.py").write_text("")
    git(tmp_path, "init")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-m", "code")
    monkeypatch.setattr(module, "REPOSITORY", tmp_path.resolve())
    return tmp_path


def test_the_table_is_told_by_name_hash_and_size(table):
    told = module.provenance(table, clean(table), None)["data"]
    counts = {"rows_read": 3000, "rows_used": 3000, "rows_delayed": int(clean(table).delayed.sum())}
    assert told == {"name": "year.csv", "sha256": table.sha256, **counts}
    assert 0 < counts["rows_delayed"] < 3000


def test_the_command_names_no_folder(table):
    told = module.provenance(table, clean(table), "scl-1")["command"]
    assert told == "python -m training --data year.csv --version scl-1"


def test_the_libraries_that_shape_a_bundle_are_told(table):
    told = module.provenance(table, clean(table), None)
    assert told["libraries"]["xgboost-cpu"] == "2.1.4"
    assert {"category_encoders", "holidays", "numpy"} <= set(told["libraries"])
    assert told["python"].startswith("3.")


def test_a_clean_commit_is_told(repository, table):
    commit = git(repository, "rev-parse", "HEAD").stdout.strip()
    assert module.provenance(table, clean(table), None)["git"] == {"commit": commit, "dirty": False}


@pytest.mark.parametrize(
    ("path", "dirty"), [("training/code.py", True), ("training/new.py", True), ("bundles/model.ubj", False)]
)
def test_a_commit_is_dirty_if_sources_differ_from_it(repository, table, path, dirty):
    (repository / path).parent.mkdir(exist_ok=True)
    (repository / path).write_text("changed")
    assert module.provenance(table, clean(table), None)["git"]["dirty"] is dirty


def test_outside_git_there_is_no_commit(tmp_path, monkeypatch, table):
    monkeypatch.setattr(module, "REPOSITORY", tmp_path.resolve())
    assert module.provenance(table, clean(table), None)["git"] is None


def test_a_copy_inside_another_repository_has_no_commit(repository, monkeypatch, table):
    monkeypatch.setattr(module, "REPOSITORY", (repository / "training").resolve())
    assert module.provenance(table, clean(table), None)["git"] is None
