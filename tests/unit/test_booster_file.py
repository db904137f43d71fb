import pytest

from model_server import booster_file


@pytest.mark.parametrize("name", ["model.bst", "model.json", "model.ubj"])
def test_the_one_file_with_a_boosters_ending_is_found(tmp_path, name):
    (tmp_path / name).touch()
    assert booster_file.find(tmp_path) == tmp_path / name


@pytest.mark.parametrize("name", ["model.pkl", "model.ubj.bak", "MODEL.UBJ", "ubj"])
def test_files_with_other_endings_are_ignored(tmp_path, name):
    (tmp_path / name).touch()
    assert booster_file.find(tmp_path) is None


def test_sub_folders_are_ignored_whatever_their_names(tmp_path):
    (tmp_path / "older.ubj").mkdir()
    (tmp_path / "older.ubj" / "model.ubj").touch()
    assert booster_file.find(tmp_path) is None


def test_two_boosters_are_refused_by_name(tmp_path):
    (tmp_path / "a.ubj").touch()
    (tmp_path / "b.json").touch()
    with pytest.raises(booster_file.TooManyBoosters, match=r"a\.ubj, b\.json"):
        booster_file.find(tmp_path)


def test_a_folder_that_is_absent_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError):
        booster_file.find(tmp_path / "absent")
