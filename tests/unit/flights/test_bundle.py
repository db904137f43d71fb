import json
import os
import stat
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flights import bundle
from flights.encoder import CategoryTable
from flights.errors import InvalidBundle
from flights.golden import GoldenFlights
from tests.flights import (
    COLUMN_COUNT,
    GOLDEN,
    HOLIDAYS,
    TABLES,
    columns,
    edit,
    edit_json,
    edit_manifest,
    make_booster,
    make_bundle,
    make_encoder,
    make_flight,
    sign,
)

FILES = [
    "contract/contract.json",
    "contract/encoder.json",
    "contract/manifest.json",
    "golden/flights.json",
    "model.ubj",
]
JSON_FILES = FILES[:-1]
LISTED_FILES = [*(name for name in FILES if name != bundle.MANIFEST), "report/metrics.json"]


def assert_refused(folder: Path, sentence: str) -> None:
    """The bundle is refused with a sentence that matches, and that can be printed on one line."""
    with pytest.raises(InvalidBundle, match=sentence) as caught:
        bundle.decode(folder)
    assert "\n" not in str(caught.value)
    str(caught.value).encode()


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if not path.is_dir()}


def positions(name: str, content: bytes) -> set[int]:
    """All positions of the manifest; of a file with its hash in the manifest some, since SHA-256 treats all alike."""
    return {*range(0, len(content), 1 if name == bundle.MANIFEST else 17), len(content) - 1}


class TestRoundTrip:
    def test_what_is_written_is_read_back(self, folder: Path) -> None:
        read = bundle.decode(folder)
        assert read.encoder.tables == TABLES
        assert read.encoder.calendar.holidays == HOLIDAYS
        assert read.encoder.columns == make_encoder().columns
        assert read.threshold == 0.2
        assert read.golden == GOLDEN
        assert read.provenance == {"xgboost": "2.1.4", "commit": "0" * 40}
        assert (folder / bundle.BOOSTER).read_bytes() == make_booster()
        assert (folder / "report/metrics.json").read_bytes() == b"{}\n"

    def test_it_encodes_every_golden_flight_to_the_same_bytes(self, folder: Path) -> None:
        flights = GOLDEN.flights()
        assert bundle.decode(folder).encoder.encode(flights) == make_encoder().encode(flights)

    finite = st.floats(width=32, allow_nan=False, allow_infinity=False)

    @given(
        st.dictionaries(st.from_regex(r"[A-Z0-9]{3}", fullmatch=True), st.tuples(finite), min_size=1),
        st.tuples(finite),
        st.sets(st.dates()),
        st.floats(0, 1, exclude_min=True, exclude_max=True),
        st.lists(st.tuples(st.text(), st.floats(0, 1)), min_size=1, max_size=3),
    )
    @settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
    def test_every_table_calendar_threshold_and_golden_flight_survives(
        self,
        tmp_path: Path,
        values: dict[str, tuple[float]],
        rare: tuple[float],
        holidays: set[Any],
        threshold: float,
        noted: list[tuple[str, float]],
    ) -> None:
        tables = (CategoryTable("Emp-I", ("airline",), values, rare), *TABLES[1:])
        golden = GoldenFlights(
            notes=tuple(note for note, _ in noted),
            columns=columns(*[make_flight()] * len(noted)),
            probabilities=tuple(probability for _, probability in noted),
        )
        encoder = make_encoder(holidays=frozenset(holidays), tables=tables)
        read = bundle.decode(make_bundle(tmp_path / "b", encoder=encoder, threshold=threshold, golden=golden))
        assert read.encoder.tables == tables
        assert read.encoder.calendar.holidays == holidays
        assert (read.threshold, read.golden) == (threshold, golden)
        assert read.encoder.encode(golden.flights()) == encoder.encode(golden.flights())


class TestVersion:
    def test_it_is_made_from_the_content(self, tmp_path: Path) -> None:
        versions = [
            bundle.decode(make_bundle(tmp_path / name, **changes)).version
            for name, changes in (("one", {}), ("same", {}), ("other", {"threshold": 0.3}))
        ]
        assert versions[0] == versions[1] != versions[2]
        assert versions[0].startswith("scl-")

    def test_it_does_not_depend_on_where_the_content_came_from(self, tmp_path: Path, folder: Path) -> None:
        elsewhere = make_bundle(tmp_path / "elsewhere", provenance={"commit": "1" * 40})
        assert bundle.decode(elsewhere).version == bundle.decode(folder).version
        assert bundle.decode(elsewhere).digest == bundle.decode(folder).digest

    def test_a_given_name_is_kept(self, tmp_path: Path) -> None:
        assert bundle.decode(make_bundle(tmp_path / "b", version="v1.2_rc-3")).version == "v1.2_rc-3"

    @pytest.mark.parametrize("version", ["", "-v1", "v 1", "v1\n", "v/1", "ñ", "v" * 64, "v\0", "\ud800"], ids=ascii)
    def test_a_name_that_no_header_or_label_takes_is_refused(self, tmp_path: Path, version: str) -> None:
        with pytest.raises(InvalidBundle, match="has the version"):
            make_bundle(tmp_path / "b", version=version)
        assert list(tmp_path.iterdir()) == []

    def test_a_name_put_into_the_manifest_is_held_to_the_same_rule(self, folder: Path) -> None:
        edit_manifest(folder, lambda manifest: manifest.update(version="v 1"))
        assert_refused(folder, "has the version 'v 1'")

    def test_the_digest_changes_with_any_file(self, tmp_path: Path, folder: Path) -> None:
        other = make_bundle(tmp_path / "other", report={"metrics.json": b"{ }\n"})
        assert bundle.decode(other).digest != bundle.decode(folder).digest


class TestEncode:
    def test_two_runs_write_the_same_bytes(self, tmp_path: Path) -> None:
        assert contents(make_bundle(tmp_path / "one")) == contents(make_bundle(tmp_path / "two"))

    def test_it_writes_exactly_the_files_of_the_format(self, folder: Path) -> None:
        assert list(contents(folder)) == sorted([*FILES, "report/metrics.json"])

    def test_another_user_can_read_all_of_it(self, tmp_path: Path) -> None:
        previous = os.umask(0o022)
        try:
            folder = make_bundle(tmp_path / "new" / "bundle")
        finally:
            os.umask(previous)
        for path in (folder.parent, folder, *folder.rglob("*")):
            expected = 0o755 if path.is_dir() else 0o644
            assert stat.S_IMODE(path.stat().st_mode) == expected, path

    def test_nothing_else_is_left_beside_it(self, tmp_path: Path) -> None:
        make_bundle(make_bundle(tmp_path / "bundle"), threshold=0.3)
        assert [path.name for path in tmp_path.iterdir()] == ["bundle"]

    def test_a_bundle_is_replaced_as_a_whole(self, folder: Path) -> None:
        make_bundle(folder, report={"other.json": b"{}"}, threshold=0.3)
        assert bundle.decode(folder).threshold == 0.3
        assert not (folder / "report/metrics.json").exists()

    def test_an_empty_folder_is_filled(self, tmp_path: Path) -> None:
        (tmp_path / "empty").mkdir()
        bundle.decode(make_bundle(tmp_path / "empty"))

    def test_the_folder_that_one_stands_in_is_filled(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "here").mkdir()
        monkeypatch.chdir(tmp_path / "here")
        make_bundle(Path())
        bundle.decode(tmp_path / "here")

    def test_a_link_to_a_bundle_stays_a_link(self, tmp_path: Path, folder: Path) -> None:
        (tmp_path / "current").symlink_to(folder)
        make_bundle(tmp_path / "current", threshold=0.3)
        assert (tmp_path / "current").is_symlink()
        assert bundle.decode(folder).threshold == 0.3

    @pytest.mark.parametrize("kind", ["a folder", "a file"])
    def test_anything_but_a_bundle_is_left_alone(self, tmp_path: Path, kind: str) -> None:
        mine = tmp_path / "mine" / "thesis.txt" if kind == "a folder" else tmp_path / "mine"
        mine.parent.mkdir(exist_ok=True)
        mine.write_text("years of work")
        with pytest.raises(InvalidBundle, match="is not empty and not a bundle: name another folder"):
            make_bundle(tmp_path / "mine")
        assert mine.read_text() == "years of work"

    @pytest.mark.parametrize(
        "changes",
        [
            {"threshold": 1.5},
            {"booster": make_booster(column_count=3)},
            {"booster": b"{"},
            {"golden": replace(GOLDEN, notes=())},
        ],
        ids=["threshold", "columns", "booster", "golden"],
    )
    def test_parts_that_do_not_fit_leave_the_bundle_that_stood_there(
        self, folder: Path, changes: dict[str, object]
    ) -> None:
        before = contents(folder)
        with pytest.raises(InvalidBundle):
            make_bundle(folder, **changes)
        assert contents(folder) == before
        assert [path.name for path in folder.parent.iterdir()] == [folder.name]

    @pytest.mark.parametrize(
        "name", ["../escaped", "/escaped", "a/../../escaped", "", ".hidden", "a//b", "a\\b", "a\0"]
    )
    def test_a_report_cannot_be_written_outside_its_folder(self, tmp_path: Path, name: str) -> None:
        with pytest.raises(InvalidBundle, match="it must be a path inside the bundle"):
            make_bundle(tmp_path / "b", report={name: b""})
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize("failing", [1, 2])
    def test_a_renaming_that_fails_leaves_the_bundle_that_stood_there(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch, failing: int
    ) -> None:
        """The old bundle used to be deleted before the new one was in its place."""
        before, rename, calls = contents(folder), Path.rename, []

        def failing_rename(path: Path, target: Path) -> Path:
            calls.append(path)
            if len(calls) == failing:
                raise KeyboardInterrupt
            return rename(path, target)

        monkeypatch.setattr(Path, "rename", failing_rename)
        with pytest.raises(KeyboardInterrupt):
            make_bundle(folder, threshold=0.3)
        assert contents(folder) == before


class TestAFileThatIsNotWhole:
    @pytest.mark.parametrize("name", [*LISTED_FILES, bundle.MANIFEST])
    def test_a_missing_one_is_named(self, folder: Path, name: str) -> None:
        (folder / name).unlink()
        assert_refused(folder, "no booster" if name == bundle.BOOSTER else f"^{name} is missing from the bundle")

    @pytest.mark.parametrize("name", [*LISTED_FILES, bundle.MANIFEST])
    def test_every_truncation_is_refused(self, folder: Path, name: str) -> None:
        content = (folder / name).read_bytes()
        for size in positions(name, content):
            (folder / name).write_bytes(content[:size])
            with pytest.raises(InvalidBundle, match=f"^{name} (was altered or cut|is not JSON)"):
                bundle.decode(folder)

    @pytest.mark.parametrize("name", [*LISTED_FILES, bundle.MANIFEST])
    def test_every_changed_byte_is_refused(self, folder: Path, name: str) -> None:
        content = (folder / name).read_bytes()
        for position in positions(name, content):
            changed = bytearray(content)
            changed[position] ^= 1 << position % 8
            (folder / name).write_bytes(changed)
            with pytest.raises(InvalidBundle, match=name):
                bundle.decode(folder)

    def test_a_change_that_leaves_the_manifest_as_it_reads_is_refused_too(self, folder: Path) -> None:
        manifest = folder / bundle.MANIFEST
        manifest.write_bytes(manifest.read_bytes() + b"\n")
        assert_refused(folder, f"^{bundle.MANIFEST} was altered or cut")

    def test_another_version_name_in_the_manifest_is_refused(self, folder: Path) -> None:
        manifest = folder / bundle.MANIFEST
        manifest.write_bytes(manifest.read_bytes().replace(b'"scl-', b'"ssl-'))
        assert_refused(folder, f"^{bundle.MANIFEST} was altered or cut")

    @pytest.mark.parametrize("name", LISTED_FILES)
    def test_bytes_at_its_end_are_refused(self, folder: Path, name: str) -> None:
        with (folder / name).open("ab") as file:
            file.write(b"\n")
        assert_refused(folder, f"^{name} was altered or cut")

    @pytest.mark.parametrize("name", LISTED_FILES[:-1])
    def test_a_file_that_the_manifest_does_not_list_is_missed(self, folder: Path, name: str) -> None:
        edit_manifest(folder, lambda manifest: manifest["files"].pop(name))
        assert_refused(folder, f"^{bundle.MANIFEST} does not list {name}$")

    def test_a_file_that_cannot_be_opened_is_named(self, folder: Path) -> None:
        (folder / bundle.GOLDEN).unlink()
        (folder / bundle.GOLDEN).mkdir()
        assert_refused(folder, f"^{bundle.GOLDEN} is not a file$")

    def test_a_pipe_is_not_waited_for(self, folder: Path) -> None:
        (folder / bundle.GOLDEN).unlink()
        os.mkfifo(folder / bundle.GOLDEN)
        assert_refused(folder, f"^{bundle.GOLDEN} is not a file$")


class TestTheTop:
    def test_a_folder_that_is_not_there_is_named(self, tmp_path: Path) -> None:
        assert_refused(tmp_path / "nowhere", "there is no bundle at .*nowhere: No such file or directory")

    def test_a_file_is_no_bundle(self, folder: Path) -> None:
        assert_refused(folder / bundle.BOOSTER, "there is no bundle at .*: Not a directory")

    def test_an_empty_folder_has_no_booster(self, tmp_path: Path) -> None:
        assert_refused(tmp_path, r"the bundle has no booster at its top: it must have model\.ubj alone")

    @pytest.mark.parametrize("name", ["old.ubj", "model.bst", "metrics.json", ".ubj", "a.b.json"])
    def test_a_second_file_that_the_runtime_takes_for_a_booster_is_refused(self, folder: Path, name: str) -> None:
        (folder / name).write_bytes(b"")
        assert_refused(folder, r"at its top: it must have model\.ubj alone")

    @pytest.mark.parametrize("name", ["README.md", "model.ubj.sha256", "lost+found", "json"])
    def test_a_file_that_the_runtime_ignores_is_ignored(self, folder: Path, name: str) -> None:
        (folder / name).write_bytes(b"")
        bundle.decode(folder)

    def test_a_booster_under_another_name_is_refused(self, folder: Path) -> None:
        (folder / bundle.BOOSTER).rename(folder / "model.bst")
        assert_refused(folder, r"the bundle has \['model\.bst'\] at its top")


class TestPathsInTheManifest:
    @pytest.mark.parametrize(
        "path",
        [
            "../secret",
            "report/../../secret",
            "/etc/hostname",
            "./model.ubj",
            "contract//contract.json",
            "contract/",
            "",
            ".",
            "..",
            "a\\b",
            "a\0b",
            "a\n",
            "\ud800",
            "ñ",
        ],
        ids=ascii,
    )
    def test_one_that_is_not_plainly_inside_is_refused(self, folder: Path, path: str) -> None:
        (folder.parent / "secret").write_bytes(b"")
        edit_manifest(folder, lambda manifest: manifest["files"].update({path: "0" * 64}))
        assert_refused(folder, "it must be a path inside the bundle|is not JSON: .* surrogates not allowed")

    def test_a_link_out_of_the_bundle_is_refused(self, folder: Path) -> None:
        (folder / bundle.GOLDEN).rename(folder.parent / "elsewhere.json")
        (folder / bundle.GOLDEN).symlink_to(folder.parent / "elsewhere.json")
        assert_refused(folder, f"^{bundle.GOLDEN} is a link to a file outside the bundle$")

    def test_a_folder_that_is_a_link_out_of_the_bundle_is_refused(self, folder: Path) -> None:
        (folder / "contract").rename(folder.parent / "contract")
        (folder / "contract").symlink_to(folder.parent / "contract")
        assert_refused(folder, f"^{bundle.MANIFEST} is a link to a file outside the bundle$")

    def test_links_in_a_circle_are_refused(self, folder: Path) -> None:
        (folder / bundle.GOLDEN).unlink()
        (folder / bundle.GOLDEN).symlink_to("flights.json")
        assert_refused(folder, f"^{bundle.GOLDEN} is missing from the bundle or cannot be read")

    def test_a_link_inside_the_bundle_or_to_it_is_followed(self, folder: Path) -> None:
        """A mounted volume may show every folder as a link."""
        (folder / "contract").rename(folder / "..data")
        (folder / "contract").symlink_to("..data")
        (folder.parent / "mounted").symlink_to(folder)
        bundle.decode(folder.parent / "mounted")

    def test_a_name_longer_than_any_file_system_takes_is_refused(self, folder: Path) -> None:
        edit_manifest(folder, lambda manifest: manifest["files"].update({"a" * 5000: "0" * 64}))
        assert_refused(folder, "cannot be read: File name too long")


class TestTheManifest:
    @pytest.mark.parametrize("wrong", [None, True, 1, [], {}], ids=repr)
    def test_a_hash_that_is_no_text_is_refused(self, folder: Path, wrong: object) -> None:
        edit_manifest(folder, lambda manifest: manifest["files"].update({bundle.BOOSTER: wrong}))
        assert_refused(folder, rf"^{bundle.MANIFEST}, 'files' has .* as 'model\.ubj': it must be a text$")

    @pytest.mark.parametrize("wrong", ["", "0" * 64, "x" * 64])
    def test_a_hash_of_something_else_is_refused(self, folder: Path, wrong: str) -> None:
        edit_manifest(folder, lambda manifest: manifest["files"].update({bundle.BOOSTER: wrong}))
        assert_refused(folder, r"^model\.ubj was altered or cut")

    def test_a_hash_in_capitals_is_another(self, folder: Path) -> None:
        edit_manifest(folder, lambda m: m["files"].update({bundle.GOLDEN: m["files"][bundle.GOLDEN].upper()}))
        assert_refused(folder, f"^{bundle.GOLDEN} was altered or cut")

    @pytest.mark.parametrize("key", ["version", "files", "provenance"])
    @pytest.mark.parametrize("wrong", [..., None, True, 1, 1.5, [], ["model.ubj"]], ids=repr)
    def test_a_part_that_is_missing_or_of_another_type_is_named(self, folder: Path, key: str, wrong: object) -> None:
        edit_manifest(folder, lambda manifest: manifest.pop(key) if wrong is ... else manifest.update({key: wrong}))
        assert_refused(folder, rf"^{bundle.MANIFEST} has .*{key}'?: it must be an? (text|object)$")

    @pytest.mark.parametrize(
        "stated", [b"", b'"sha256": null, ', b'"sha256": "", ', b'"sha256": "' + b"1" * 64 + b'", ']
    )
    def test_one_without_its_own_hash_is_refused(self, folder: Path, stated: bytes) -> None:
        manifest = json.loads((folder / bundle.MANIFEST).read_bytes())
        del manifest["sha256"]
        sign(folder, b"{" + stated + json.dumps(manifest).encode()[1:])
        assert_refused(folder, f"^{bundle.MANIFEST} (has .*sha256'?: it must be a text|was altered or cut)")

    def test_zeros_in_its_provenance_are_not_taken_for_its_own_hash(self, tmp_path: Path) -> None:
        folder = make_bundle(tmp_path / "b", provenance={"data": "0" * 64})
        assert bundle.decode(folder).provenance == {"data": "0" * 64}

    def test_a_key_that_stands_there_twice_is_refused(self, folder: Path) -> None:
        content = (folder / bundle.MANIFEST).read_bytes().rstrip()
        (folder / bundle.MANIFEST).write_bytes(content[:-1] + b', "version": "other"}')
        assert_refused(folder, f"^{bundle.MANIFEST} is not JSON: an object has the same key twice$")


class TestJson:
    @pytest.mark.parametrize("name", [bundle.CONTRACT, bundle.ENCODER, bundle.GOLDEN])
    @pytest.mark.parametrize("content", [b"", b"{", b"\xff", b'{"a": NaN}', b'{"a": 1, "a": 1}', b"[" * 100_000])
    def test_a_file_that_is_no_json_is_refused_even_with_its_right_hash(
        self, folder: Path, name: str, content: bytes
    ) -> None:
        edit(folder, name, lambda _: content)
        assert_refused(folder, f"^{name} is not JSON")

    @pytest.mark.parametrize("name", [bundle.CONTRACT, bundle.ENCODER, bundle.GOLDEN])
    @pytest.mark.parametrize("content", [b"null", b"1", b'"{}"', b"[1]", b"[[]]", b'{"a": 1}', b"{}", b"[]"])
    def test_a_file_that_holds_something_else_is_refused(self, folder: Path, name: str, content: bytes) -> None:
        edit(folder, name, lambda _: content)
        assert_refused(folder, name if content != b"[]" else "must h")

    @given(st.data())
    @settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
    def test_any_value_anywhere_is_a_bundle_or_refused(self, tmp_path: Path, data: st.DataObject) -> None:
        """Whatever stands at whatever place of whatever file: a sentence, never a traceback of another kind."""
        folder = tmp_path / "bundle"
        if not folder.exists():
            make_bundle(folder)
        name = data.draw(st.sampled_from(JSON_FILES))
        original, manifest = (folder / name).read_bytes(), (folder / bundle.MANIFEST).read_bytes()
        wrong = st.sampled_from(
            [None, True, -1, 2.5, 10**400, 1e39, "", "x", "\ud800", "a\0", [], [[]], {}, {"": []}, ["x"]]
        )

        def change(document: Any) -> None:
            key: Any = None
            while isinstance(document, dict | list) and document:
                holder = document
                key = data.draw(st.sampled_from([*document] if isinstance(document, dict) else range(len(document))))
                document = holder[key]
                if data.draw(st.booleans()):
                    break
            holder[key] = data.draw(wrong)

        try:
            if name == bundle.MANIFEST:
                edit_manifest(folder, change)
            else:
                edit_json(folder, name, change)
            bundle.decode(folder)
        except InvalidBundle as error:
            str(error).encode()
        finally:
            (folder / name).write_bytes(original)
            (folder / bundle.MANIFEST).write_bytes(manifest)


def contract_with(**changes: object) -> Callable[[Path], None]:
    return lambda folder: edit_json(folder, bundle.CONTRACT, lambda contract: contract.update(changes))


class TestTheContract:
    @pytest.mark.parametrize("number", [0, 2, -1, 10**4000], ids=lambda number: str(number)[:5])
    def test_another_format_is_refused_by_its_number(self, folder: Path, number: int) -> None:
        contract_with(format=number)(folder)
        assert_refused(folder, "the bundle has format .*: this release reads format 1")

    def test_another_format_is_told_before_its_other_files_are_missed(self, folder: Path) -> None:
        contract_with(format=2, columns=None)(folder)
        edit_manifest(folder, lambda manifest: manifest["files"].pop(bundle.ENCODER))
        assert_refused(folder, "the bundle has format 2: this release reads format 1")

    @pytest.mark.parametrize("number", [None, True, 1.0, "1", [1]], ids=repr)
    def test_a_format_that_is_no_whole_number_is_refused(self, folder: Path, number: object) -> None:
        contract_with(format=number)(folder)
        assert_refused(folder, "as 'format': it must be a whole number")

    @pytest.mark.parametrize("threshold", [0.0, 1.0, -0.5, 1.5])
    def test_a_threshold_that_is_no_probability_is_refused(self, folder: Path, threshold: float) -> None:
        contract_with(threshold=threshold)(folder)
        assert_refused(folder, f"has the threshold {threshold}: it must lie between 0 and 1")

    @pytest.mark.parametrize("threshold", [None, True, "0.2", [0.2], 1, 10**400], ids=lambda value: repr(value)[:9])
    def test_a_threshold_that_is_no_number_is_refused(self, folder: Path, threshold: object) -> None:
        contract_with(threshold=threshold)(folder)
        assert_refused(folder, "as 'threshold': it must be a number")

    @pytest.mark.parametrize("literal", [b"NaN", b"Infinity", b"1e400"])
    def test_a_threshold_that_only_python_takes_for_a_number_is_refused(self, folder: Path, literal: bytes) -> None:
        edit(folder, bundle.CONTRACT, lambda content: content.replace(b'"threshold": 0.2', b'"threshold": ' + literal))
        assert_refused(folder, f"^{bundle.CONTRACT} is not JSON")

    @pytest.mark.parametrize("holidays", [None, "2017-01-01", [20170101], [None], {}], ids=repr)
    def test_holidays_that_are_no_list_of_texts_are_refused(self, folder: Path, holidays: object) -> None:
        contract_with(holidays=holidays)(folder)
        assert_refused(folder, "as 'holidays': it must be a list of texts")

    @pytest.mark.parametrize("holiday", ["2017-02-29", "", "x", "2017-01-01 00:00"])
    def test_a_holiday_that_is_no_date_is_refused(self, folder: Path, holiday: str) -> None:
        contract_with(holidays=[holiday])(folder)
        assert_refused(folder, "has a holiday that is no date")

    def test_columns_in_another_order_are_refused(self, folder: Path) -> None:
        contract_with(columns=list(make_encoder().columns)[::-1])(folder)
        assert_refused(folder, f"^{bundle.CONTRACT} has the columns .*: this release encodes")

    @pytest.mark.parametrize("columns", [None, "month", [1], [["month"]], {}], ids=repr)
    def test_columns_that_are_no_list_of_texts_are_refused(self, folder: Path, columns: object) -> None:
        contract_with(columns=columns)(folder)
        assert_refused(folder, "as 'columns': it must be a list of texts")


class TestTheTables:
    @pytest.mark.parametrize("key", ["field", "columns", "values", "rare"])
    @pytest.mark.parametrize("wrong", [..., None, True, 1, [1, None], {"LAN": "12"}], ids=repr)
    def test_a_part_that_is_missing_or_of_another_type_is_named(self, folder: Path, key: str, wrong: object) -> None:
        edit_json(folder, bundle.ENCODER, lambda t: t[0].pop(key) if wrong is ... else t[0].update({key: wrong}))
        assert_refused(folder, rf"^{bundle.ENCODER}, item 0(, 'values')? has .*: it must be a")

    @pytest.mark.parametrize("value", ["1.5", None, True, [1.5]], ids=repr)
    def test_a_value_that_is_no_number_is_refused(self, folder: Path, value: object) -> None:
        edit_json(folder, bundle.ENCODER, lambda tables: tables[0]["values"].update(LAN=[value]))
        assert_refused(folder, r"'values' has .* as 'LAN': it must be a list of numbers")

    def test_text_is_not_taken_for_its_digits(self, folder: Path) -> None:
        edit_json(folder, bundle.ENCODER, lambda tables: tables[0]["values"].update(LAN="1"))
        assert_refused(folder, "'values' has '1' as 'LAN': it must be a list of numbers")

    @pytest.mark.parametrize(
        ("change", "sentence"),
        [
            (lambda tables: tables.pop(), "the encoder has tables for"),
            (lambda tables: tables.append(tables[0]), "the encoder has tables for"),
            (lambda tables: tables[0].update(field="Emp-O"), "the encoder has tables for"),
            (lambda tables: tables[0].update(values={}), "table for Emp-I is empty"),
            (lambda tables: tables[0]["values"].update(lan=[1.0]), "a category that no flight can have: Emp-I: 'lan'"),
            (lambda tables: tables[0]["values"].update(LAN=[]), "it must have a finite FP32 number for each"),
            (lambda tables: tables[0]["values"].update(LAN=[1e39]), "it must have a finite FP32 number for each"),
            (lambda tables: tables[0].update(rare=[10**400]), "it must have a finite FP32 number for each"),
            (lambda tables: tables[0].update(columns=["distance"]), "a column twice"),
        ],
        ids=[
            "one missing",
            "one twice",
            "unknown field",
            "empty",
            "bad code",
            "no value",
            "1e39",
            "10**400",
            "column twice",
        ],
    )
    def test_tables_that_cannot_encode_are_refused(
        self, folder: Path, change: Callable[[Any], object], sentence: str
    ) -> None:
        edit_json(folder, bundle.ENCODER, change)
        assert_refused(folder, sentence)


class TestTheBooster:
    @pytest.mark.parametrize("version", [(3, 1, 0), (3, 0, 5), (2, 2, 0), (2, 0, 3), (1, 1, 4)], ids=str)
    def test_one_saved_by_an_xgboost_that_the_runtime_does_not_read_is_refused(
        self, folder: Path, version: tuple[int, int, int]
    ) -> None:
        def saved_by(booster: bytes) -> bytes:
            head, key, _ = booster.rpartition(b"version")
            return head + key + b"[#L" + (3).to_bytes(8, "big") + b"".join(b"i%c" % part for part in version) + b"}"

        edit(folder, bundle.BOOSTER, saved_by)
        major, minor, patch = version
        assert_refused(folder, rf"saved by xgboost {major}\.{minor}\.{patch}: the runtime reads only 2\.1\.x correctly")

    @pytest.mark.parametrize("count", [COLUMN_COUNT - 1, COLUMN_COUNT + 1])
    def test_one_that_reads_another_number_of_columns_is_refused(self, folder: Path, count: int) -> None:
        edit(folder, bundle.BOOSTER, lambda _: make_booster(column_count=count))
        assert_refused(folder, f"model.ubj reads {count} columns: the encoder makes {COLUMN_COUNT}")

    @pytest.mark.parametrize("objective", ["reg:squarederror", "binary:logitraw"])
    def test_one_whose_answer_is_no_probability_is_refused(self, folder: Path, objective: str) -> None:
        edit(folder, bundle.BOOSTER, lambda _: make_booster(objective=objective))
        assert_refused(folder, f"has the objective '{objective}': it must be binary:logistic")

    @pytest.mark.parametrize(
        "booster", [b"", b"{}", b"\x80\x04N.", make_booster()[:-1], make_booster() + b"\0"], ids=len
    )
    def test_one_that_is_not_whole_is_refused_even_with_its_right_hash(self, folder: Path, booster: bytes) -> None:
        edit(folder, bundle.BOOSTER, lambda _: booster)
        assert_refused(folder, "model.ubj is not a whole booster in xgboost's UBJSON format")


def golden_with(**changes: object) -> Callable[[Path], None]:
    return lambda folder: edit_json(folder, bundle.GOLDEN, lambda golden: golden.update(changes))


class TestGoldenFlights:
    @pytest.mark.parametrize("key", ["notes", "probabilities"])
    @pytest.mark.parametrize("count", [0, 1, 3])
    def test_each_has_its_note_and_its_probability(self, folder: Path, key: str, count: int) -> None:
        golden_with(**{key: ["note" if key == "notes" else 0.5] * count})(folder)
        assert_refused(folder, "must hold a note and a probability from 0 to 1 for each of its flights")

    @pytest.mark.parametrize("probability", [-0.1, 1.1, 10**400], ids=lambda value: str(value)[:5])
    def test_a_probability_lies_between_0_and_1(self, folder: Path, probability: float) -> None:
        golden_with(probabilities=[0.5, probability])(folder)
        assert_refused(folder, "must hold a note and a probability from 0 to 1 for each of its flights")

    @pytest.mark.parametrize("probability", ["0.5", None, True, [0.5]], ids=repr)
    def test_a_probability_is_a_number(self, folder: Path, probability: object) -> None:
        golden_with(probabilities=[0.5, probability])(folder)
        assert_refused(folder, "as 'probabilities': it must be a list of numbers")

    def test_a_note_is_a_text(self, folder: Path) -> None:
        golden_with(notes=["one", 2])(folder)
        assert_refused(folder, "as 'notes': it must be a list of texts")

    @pytest.mark.parametrize("column", ["IN", {"I": 1, "N": 2}, None, 2], ids=repr)
    def test_a_column_is_a_list_and_no_text_of_letters(self, folder: Path, column: object) -> None:
        edit_json(folder, bundle.GOLDEN, lambda golden: golden["columns"].update(TIPOVUELO=column))
        assert_refused(folder, "'columns' has .* as 'TIPOVUELO': it must be a list")

    @pytest.mark.parametrize(
        ("name", "column", "sentence"),
        [
            ("Des-I", ["KMIA", "kmia"], "Des-I, row 1: 'kmia'"),
            ("Des-I", ["KMIA"], "Des-I has 1 rows"),
            ("Des-I", ["KMIA", None], "Des-I, row 1: null"),
            ("Des-I", [["KMIA"], {}], r"Des-I, row 0: \['KMIA'\]"),
            ("Fecha-I", [1, 2], "Fecha-I, row 0: 1"),
            ("Fecha-I", [], "Fecha-I is empty"),
            ("DIA", [1, 32], "DIA, row 1: 32"),
            ("Vlo-I", [1, 2], "'Vlo-I' is not an input"),
        ],
    )
    def test_they_are_flights_that_can_be_encoded(
        self, folder: Path, name: str, column: list[object], sentence: str
    ) -> None:
        edit_json(folder, bundle.GOLDEN, lambda golden: golden["columns"].update({name: column}))
        assert_refused(folder, f"^{bundle.GOLDEN} holds flights that cannot be encoded: {sentence}")


def test_a_hostile_booster_is_refused_at_once(folder: Path) -> None:
    edit(folder, bundle.BOOSTER, lambda _: b"[" * 1_000_000)
    started = time.process_time()
    assert_refused(folder, "model.ubj is not a whole booster")
    assert time.process_time() - started < 1
