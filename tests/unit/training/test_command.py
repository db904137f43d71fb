import errno
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from string import ascii_uppercase

import numpy as np
import pytest
import xgboost as xgb

from flights import bundle
from tests.unit.training.conftest import make_row, make_year, write_table
from training import booster
from training.__main__ import main

REPOSITORY = Path(__file__).resolve().parents[3]


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def run_command(*arguments: object, seed: str = "0", cwd: Path = REPOSITORY) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "training", *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=cwd,
        env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(REPOSITORY)},
    )


def golden_differences(folder: Path):
    read = bundle.decode(folder)
    loaded = xgb.Booster(model_file=str(folder / "model.ubj"))
    matrix = booster.matrix(read.encoder.encode(read.golden.flights()).matrix())
    return read.golden.differences(booster.probabilities(loaded, matrix))


@pytest.fixture(scope="module")
def finished(year_table, tmp_path_factory):
    out = tmp_path_factory.mktemp("out") / "deep" / "b1"
    return out, run_command("--data", year_table, "--out", out, seed="1")


def test_the_command_writes_a_bundle_that_can_be_served(finished):
    out, process = finished
    assert process.returncode == 0, process.stderr
    assert len(bundle.decode(out).golden.probabilities) >= 24


def test_golden_probabilities_are_the_booster_s_own_to_the_last_bit(finished):
    out, _ = finished
    assert not golden_differences(out).any()


def test_the_report_is_printed_and_says_where_the_bundle_is(finished):
    out, process = finished
    for text in ("temporal", "random", "PR-AUC", "Brier", "flag all", "0.358", "0.411", str(out)):
        assert text in process.stdout
    assert f"wrote version {bundle.decode(out).version} to" in process.stdout


def test_stages_are_lines_on_standard_error_where_there_is_no_terminal(finished):
    _, process = finished
    lines = process.stderr.splitlines()
    assert lines[0] == "reading year.csv"
    assert "dropped 0 of 3,000 rows" in lines
    assert any(line.startswith("training on the temporal split: 2019-01 to 2019-09 / 2019-10") for line in lines)
    assert "\x1b" not in process.stderr


def test_two_runs_give_the_same_bytes(finished, year_table, tmp_path):
    out, _ = finished
    again = run_command("--data", year_table, "--out", tmp_path / "b2", seed="2", cwd=tmp_path)
    assert again.returncode == 0, again.stderr
    assert contents(tmp_path / "b2") == contents(out)


def test_metrics_hold_both_splits(finished):
    out, _ = finished
    metrics = json.loads((out / "report" / "metrics.json").read_text())
    for split in ("temporal", "random"):
        for score in ("f1", "pr_auc", "brier"):
            low, high = metrics[split][f"{score}_ci95"]
            assert low < metrics[split][score] < high
        assert {"f1", "pr_auc", "roc_auc", "brier", "flag_all_f1", "threshold", "trees"} <= set(metrics[split])
        assert 0 < metrics[split]["brier"] < 0.3
    assert metrics["temporal"]["parts"]["test"]["period"] == "2019-11 to 2019-12"
    assert metrics["rows"] == {"read": 3000, "used": 3000, "dropped": {}}


def test_the_threshold_compares_exactly_with_an_fp32_probability(finished):
    threshold = bundle.decode(finished[0]).threshold
    assert float(np.float32(threshold)) == threshold


def test_no_path_of_this_machine_is_in_the_bundle(finished, year_table):
    out, _ = finished
    for name, content in contents(out).items():
        for path in (out.parent, year_table.parent, REPOSITORY):
            assert str(path).encode() not in content, name


def test_no_row_of_the_table_is_in_the_bundle(finished):
    everything = b"".join(contents(finished[0]).values()).decode(errors="replace")
    assert [row for row in make_year() if row["Fecha-I"] in everything or row["Fecha-O"] in everything] == []


def test_dropped_rows_are_told_and_counted(tmp_path, capsys):
    table = write_table(tmp_path / "flights.csv", [*make_year(), make_row(Emp_I="lan"), make_row(Fecha_O="")])
    assert main(["--data", str(table), "--out", str(tmp_path / "b"), "--version", "scl-test"]) == 0
    told = capsys.readouterr().err
    assert "dropped 2 of 3,002 rows" in told
    assert "1: Emp-I is no ICAO airline code in capitals (line 3002 'lan')" in told
    metrics = json.loads((tmp_path / "b" / "report" / "metrics.json").read_text())
    assert sum(metrics["rows"]["dropped"].values()) == 2
    assert bundle.decode(tmp_path / "b").version == "scl-test"


def test_a_bundle_in_the_folder_is_replaced(finished, year_table, tmp_path):
    out, _ = finished
    main(["--data", str(year_table), "--out", str(tmp_path / "b"), "--version", "older"])
    assert main(["--data", str(year_table), "--out", str(tmp_path / "b")]) == 0
    assert bundle.decode(tmp_path / "b").digest == bundle.decode(out).digest


def test_a_wrong_table_is_one_sentence_and_exit_code_2(tmp_path):
    process = run_command("--data", tmp_path / "absent.csv", "--out", tmp_path / "b")
    assert process.returncode == 2
    assert process.stderr.splitlines()[-1].startswith("error: ")
    assert "Traceback" not in process.stderr
    assert process.stdout == ""
    assert not (tmp_path / "b").exists()


def test_without_a_table_there_is_a_sentence(monkeypatch, capsys):
    monkeypatch.setenv("DATA", "")
    with pytest.raises(SystemExit, match="2"):
        main(["promote", "--champion", "a", "--challenger", "b"])
    assert "give --data, or set the environment variable DATA" in capsys.readouterr().err


def test_the_table_may_be_named_by_the_environment_and_the_option_wins(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("DATA", str(tmp_path / "variable.csv"))
    assert main(["--out", str(tmp_path / "b")]) == 2
    assert "variable.csv cannot be read" in capsys.readouterr().err
    assert main(["--out", str(tmp_path / "b"), "--data", str(tmp_path / "option.csv")]) == 2
    assert "option.csv cannot be read" in capsys.readouterr().err


ON_TIME = [make_row(f"2019-{month:02}-{day:02} 10:00:00", 0) for month in range(1, 13) for day in range(1, 29)]
UNSPLITTABLE = {
    "empty": ([], "has no row"),
    "one class": (ON_TIME, "training part (2019-01 to 2019-09) has only flights that were on time"),
    "one month": (ON_TIME[:28], "span 1 month"),
    "too few": (ON_TIME[::20], "has 13 flights: it needs 30 at least"),
}


@pytest.mark.parametrize(("rows", "sentence"), UNSPLITTABLE.values(), ids=UNSPLITTABLE)
def test_a_table_that_cannot_be_split_is_one_sentence(tmp_path, capsys, rows, sentence):
    table = write_table(tmp_path / "flights.csv", rows)
    assert main(["--data", str(table), "--out", str(tmp_path / "b")]) == 2
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.startswith("error: ")
    assert sentence in last


def test_a_folder_that_holds_something_else_is_refused_before_training(tmp_path, capsys):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("keep me")
    assert main(["--data", str(tmp_path / "absent.csv"), "--out", str(tmp_path / "mine")]) == 2
    assert "is not empty and not a bundle" in capsys.readouterr().err
    assert (tmp_path / "mine" / "letter.txt").read_text() == "keep me"


def test_a_folder_that_cannot_be_made_is_one_sentence(year_table, tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert main(["--data", str(year_table), "--out", str(tmp_path / "file" / "b")]) == 2
    assert capsys.readouterr().err.splitlines()[-1].startswith("error: ")


@pytest.mark.parametrize("version", ["", "Über", "-a", "a_b", "a" * 64])
def test_a_version_that_cannot_be_a_kubernetes_name_is_refused(version):
    with pytest.raises(SystemExit, match="2"):
        main(["--data", "x.csv", "--version", version])


def full(*_: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_is_one_sentence_that_names_the_bundle_and_leaves_the_old_one(
    finished, year_table, tmp_path, capsys, monkeypatch
):
    out = tmp_path / "bundle"
    shutil.copytree(finished[0], out)
    monkeypatch.setattr(Path, "write_bytes", full)
    assert main(["--data", str(year_table), "--out", str(out), "--version", "another"]) == 2
    assert capsys.readouterr().err.endswith(f"error: the bundle {out} cannot be written: No space left on device\n")
    assert contents(out) == contents(finished[0])
    assert [path.name for path in tmp_path.iterdir()] == ["bundle"]


def test_a_full_disk_is_not_blamed_on_the_table(year_table, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(Path, "write_text", full)
    assert main(["compare", "--data", str(year_table), "--out", str(tmp_path), "--only", "majority"]) == 2
    assert f"error: {tmp_path} cannot be used: No space left on device\n" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["compare", "bounds", "ablate", "search"])
def test_results_without_a_place_are_found_out_before_the_work(command, tmp_path, capsys):
    """It used to be after the work of minutes."""
    (tmp_path / "file").touch()
    out = tmp_path / "file" if command in ("compare", "bounds") else tmp_path
    study = ["--study", str(tmp_path / "study.log")] if command == "search" else []
    assert main([command, "--data", "not-read-yet", "--out", str(out), *study]) == 2
    assert re.fullmatch(rf"error: {out} cannot be used: (File exists|Is a directory)\n", capsys.readouterr().err)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("not,a,journal\n", "line 1 of {} is none of Optuna's journal: take it out, or name another file"),
        ('{"op_code": 0, "wor', "line 1 of {} is none of Optuna's journal: take it out, or name another file"),
        ('{"a": 1}\n', "{} is not Optuna's journal: name another file"),
    ],
    ids=["a table", "cut", "other JSON"],
)
def test_a_study_that_is_no_journal_is_one_sentence_and_stays_as_it_is(year_table, tmp_path, capsys, content, sentence):
    study = tmp_path / "study.log"
    study.write_text(content)
    arguments = ["--study", str(study), "--trials", "1", "1", "--out", str(tmp_path / "chosen.json")]
    assert main(["search", "--data", str(year_table), *arguments]) == 2
    assert f"error: {sentence.format(study)}\n" in capsys.readouterr().err
    assert study.read_text() == content


@pytest.mark.parametrize("trials", [("0", "1"), ("1", "-1"), ("1", "x")])
def test_a_search_of_no_trials_is_refused(trials, capsys):
    with pytest.raises(SystemExit, match="2"):
        main(["search", "--data", "not-read", "--trials", *trials])
    assert "must be a whole number of trials, 1 or more" in capsys.readouterr().err


def test_a_table_whose_airlines_are_all_rare_is_one_sentence(tmp_path, capsys):
    codes = (f"{first}{second}{third}" for first in "AB" for second in ascii_uppercase for third in ascii_uppercase)
    rows = [row | {"Emp-I": code} for row, code in zip(make_year()[::3], codes, strict=False)]
    assert main(["--data", str(write_table(tmp_path / "rare.csv", rows)), "--out", str(tmp_path / "bundle")]) == 2
    assert "error: no Emp-I has 50 flights in the training part: " in capsys.readouterr().err
